import { expect, it } from 'vitest'
import { describeInBrowser, focusSeat } from './browser.ts'

describeInBrowser('buying', (box) => {
  it('leads from the list to a ticket that survives a reload', async () => {
    const page = await box.buyer()
    await page.goto('/')
    await page.getByRole('link', { name: /Harbour City v\. Northern Lights/ }).click()
    await page.getByRole('heading', { level: 1, name: 'Harbour City v. Northern Lights' }).waitFor()
    await page.getByRole('link', { name: 'See seats of Zone 3, Lower' }).click()
    await page.getByRole('heading', { level: 2, name: /Zone 3, Lower/ }).waitFor()
    await focusSeat(page, 0, 4)
    await page.keyboard.press('Space')
    await page.getByRole('gridcell', { name: 'Row A, seat 4, picked' }).waitFor()
    await page.getByRole('button', { name: 'Take 1 seat, $100.00' }).click()
    await page.getByRole('heading', { level: 1, name: 'Your ticket' }).waitFor()
    const ticket = page.getByRole('article', { name: 'Ticket' })
    expect(await ticket.innerText()).toMatch(/ZONE|Zone\s+3/)
    const before = await ticket.innerText()
    await page.reload()
    await ticket.waitFor()
    await expect.poll(() => ticket.innerText()).toBe(before)
    expect(await page.title()).toBe('Your ticket - Onsale')
  })

  it('tells kindly who comes second to a seat, with the map right and the nearest seat to take', async () => {
    const [first, second] = await Promise.all([box.buyer(), box.buyer()])
    for (const page of [first, second]) {
      // The stream is held back, so that both really press for the same free seat.
      await page.route('**/stream', (route) => route.abort())
      await page.goto('/shows/Event1?zone=5')
      await focusSeat(page, 2, 7)
      await page.keyboard.press('Space')
      await page.getByRole('button', { name: 'Take 1 seat, $100.00' }).waitFor()
    }
    await Promise.all([first, second].map((page) => page.getByRole('button', { name: /^Take 1 seat/ }).click()))
    const won = async (page: typeof first) => (await page.getByRole('heading', { level: 1, name: 'Your ticket' }).count()) === 1
    await expect.poll(async () => (await Promise.all([first, second].map(won))).filter(Boolean).length, { timeout: 30_000 }).toBe(1)
    const loser = (await won(first)) ? second : first
    await loser.getByText('Row C, seat 7 has just gone to someone else. The map is up to date.').first().waitFor()
    await expect.poll(() => loser.getByRole('gridcell', { name: /^Row C, seat 7, (sold|just taken)/ }).count()).toBe(1)
    await loser.getByRole('button', { name: /^Take row C, seat [68]$/ }).click()
    await loser.getByRole('heading', { level: 1, name: 'Your ticket' }).waitFor()
    const seats = await Promise.all([first, second].map((page) => page.getByRole('article', { name: 'Ticket' }).innerText()))
    expect(new Set(seats).size).toBe(2)
  })

  it('shows in another browser what was just sold, and takes a lost pick out of the list', async () => {
    const page = await box.buyer()
    await page.goto('/shows/Event1?zone=6')
    await page.getByText('780 free').waitFor()
    await focusSeat(page, 0, 2)
    await page.keyboard.press('Space')
    await page.getByRole('button', { name: 'Take 1 seat, $100.00' }).waitFor()
    expect((await box.post({ zoneId: 6, row: 'A', column: 2 })).status).toBe(201)
    await page.getByText('779 free').waitFor()
    await page.getByText('Row A, seat 2 went to someone else while you were choosing.').waitFor()
    expect(await page.getByRole('button', { name: /^Take/ }).count()).toBe(0)
    await page.getByRole('status').getByText('Row A, seat 2 went to someone else. You have none.').waitFor()
  })

  it('works with the keyboard alone, by the map', async () => {
    const page = await box.buyer()
    await page.goto('/shows/Event1?zone=7')
    const cell = page.getByRole('gridcell', { name: /^Row A, seat 1,/ })
    await cell.waitFor()
    while ((await page.evaluate(() => document.activeElement?.role)) !== 'gridcell') await page.keyboard.press('Tab')
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Space')
    await page.keyboard.press('f')
    await page.keyboard.press('Enter')
    await page.getByRole('status').getByText('2 of at most 10.').waitFor()
    await page.keyboard.press('Escape')
    await expect.poll(() => page.evaluate(() => document.activeElement?.textContent)).toBe('Your seats')
    const take = page.getByRole('button', { name: 'Take 2 seats, $200.00' })
    while (!(await take.evaluate((button) => button === document.activeElement))) await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await page.getByText('Ticket 1 of 2').waitFor()
    await page.getByRole('link', { name: 'Next' }).press('Enter')
    await page.getByText('Ticket 2 of 2').waitFor()
    await expect.poll(() => page.evaluate(() => document.activeElement?.textContent)).toBe('Your ticket')
  })

  it('works with the keyboard alone, by rows', async () => {
    const page = await box.buyer()
    await page.goto('/shows/Event1?zone=8&view=list')
    const row = page.locator('summary', { hasText: 'Row B' })
    await row.waitFor()
    while (!(await row.evaluate((summary) => summary === document.activeElement))) await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    const seat = page.getByRole('checkbox', { name: /^Seat 3$/ })
    await seat.focus()
    await page.keyboard.press('Space')
    await page.getByRole('button', { name: 'Take 1 seat, $100.00' }).press('Enter')
    await page.getByRole('heading', { level: 1, name: 'Your ticket' }).waitFor()
  })

  it('buys the best seats together by one press, and finds some in a zone', async () => {
    const page = await box.buyer()
    await page.goto('/shows/Event4?n=4')
    await page.getByRole('button', { name: 'Take 4 seats' }).click()
    await page.getByText('Ticket 1 of 4').waitFor()
    await page.goto('/shows/Event4?zone=2&n=3')
    await page.getByRole('button', { name: 'Find 3 together' }).click()
    await page.getByRole('button', { name: 'Take 3 seats, $270.00' }).click()
    await page.getByText('Ticket 1 of 3').waitFor()
  })

  it('asks again by itself when the server is busy, with the same key', async () => {
    const page = await box.buyer()
    const keys: (string | undefined)[] = []
    await page.route('**/purchase/api/v1/tickets', async (route) => {
      keys.push(route.request().headers()['idempotency-key'])
      if (keys.length > 1) return route.continue()
      const body = JSON.stringify({ code: 'busy', status: 503 })
      return route.fulfill({ status: 503, headers: { 'Retry-After': '1', 'Content-Type': 'application/problem+json' }, body })
    })
    await page.goto('/shows/Event4?zone=3&n=1')
    await page.getByRole('button', { name: 'Find 1 seat' }).click()
    await page.getByRole('button', { name: /^Take 1 seat/ }).click()
    await page.getByText('Trying again in 1 s').waitFor()
    await page.getByRole('heading', { level: 1, name: 'Your ticket' }).waitFor()
    expect(keys).toEqual([keys[0], keys[0]])
  })

  it('finds out after a reload what became of a press, and buys nothing twice', async () => {
    const page = await box.buyer()
    const sold: { ticketId: string }[] = []
    let isLineDead = true
    await page.route('**/purchase/api/v1/tickets', async (route) => {
      if (!isLineDead) return route.continue()
      // The server sells; its answer is lost with the page.
      const answer = (await (await route.fetch()).json()) as { tickets: { ticketId: string }[] }
      sold.push(...answer.tickets)
    })
    await page.goto('/shows/Event4?zone=4&n=2')
    await page.getByRole('button', { name: 'Find 2 together' }).click()
    await page.getByRole('button', { name: /^Take 2 seats/ }).click()
    await expect.poll(() => sold.length, { timeout: 30_000 }).toBe(2)
    await page.reload()
    await page.getByText('No answer came.').first().waitFor()
    isLineDead = false
    await page.getByRole('button', { name: 'Try again' }).click()
    await page.getByText('Ticket 1 of 2').waitFor()
    expect(page.url()).toContain(sold[0]?.ticketId)
  })
})
