import type { EventDetail } from '@onsale/contract/events'
import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { describeInBrowser } from './browser.ts'

/** The event as another day would have it; the stream is silent, or it would tell the truth. */
async function pretend(page: Page, change: (event: EventDetail, now: number) => Partial<EventDetail>): Promise<void> {
  await page.route('**/stream', (route) => route.abort())
  await page.route('**/query/api/v1/events/Event5', async (route) => {
    const response = await route.fetch()
    const event = (await response.json()) as EventDetail
    await route.fulfill({ response, json: { ...event, ...change(event, Date.parse(response.headers().date ?? '')) } })
  })
}
const iso = (time: number) => new Date(time).toISOString()

describeInBrowser('an event', (box) => {
  it('that is not on sale yet counts down by the server’s clock, and opens without a reload', async () => {
    const page = await box.buyer()
    // Whatever this computer thinks the time is.
    await page.clock.install({ time: new Date('2020-05-05T05:05:05Z') })
    await pretend(page, (_, now) => ({ saleStartsAt: iso(now + 90_500) }))
    await page.goto('/shows/Event5')
    const button = page.getByRole('button', { name: /^On sale in 1 min \d+ s$/ })
    await button.waitFor()
    expect(await button.getAttribute('aria-disabled')).toBe('true')
    await page.clock.fastForward(92_000)
    await page.getByRole('button', { name: 'Take 2 seats' }).waitFor()
  })

  it('whose sale is over says so, and offers no button', async () => {
    const page = await box.buyer()
    await pretend(page, (_, now) => ({ saleEndsAt: iso(now - 60_000) }))
    await page.goto('/shows/Event5')
    await page.getByText('Sales have ended').waitFor()
    expect(await page.getByRole('button', { name: /^Take/ }).count()).toBe(0)
  })

  it('that is sold out says so', async () => {
    const page = await box.buyer()
    await pretend(page, (event) => ({ available: 0, sold: 5000, zones: event.zones.map((zone) => ({ ...zone, available: 0, sold: 500 })) }))
    await page.goto('/shows/Event5')
    await page.getByText('Every seat is taken.').waitFor()
    expect(await page.getByRole('link', { name: /^See seats/ }).count()).toBe(0)
  })

  it('that is paid at a checkout says kindly that there is none yet, and can be looked at', async () => {
    const page = await box.buyer()
    await pretend(page, () => ({ sale: 'checkout' }))
    await page.goto('/shows/Event5')
    await page.getByText('Not to be bought here yet').waitFor()
    await page.getByRole('link', { name: 'See seats of Zone 1, Stalls' }).click()
    await page.getByRole('heading', { level: 2, name: /Zone 1, Stalls/ }).waitFor()
    expect(await page.getByRole('button', { name: /^(Take|Find)/ }).count()).toBe(0)
  })
})

describeInBrowser('a zone', (box) => {
  it('that is full says so, without a price, and leads on', async () => {
    const page = await box.buyer()
    await pretend(page, (event) => ({
      zones: event.zones.map((zone) => (zone.zoneId === 3 ? { ...zone, available: 0, sold: 500 } : zone)),
    }))
    await page.route('**/zones/3/seats', async (route) => {
      const response = await route.fetch()
      const zone = (await response.json()) as { seats: string }
      await route.fulfill({ response, json: { ...zone, seats: zone.seats.replaceAll('.', 's') } })
    })
    await page.goto('/shows/Event5?zone=3&view=list')
    await page.getByText('Zone 3 is full.').waitFor()
    await page.getByText('No seat is free here right now.').waitFor()
    expect(await page.getByRole('heading', { level: 2, name: /Zone 3/ }).innerText()).toMatch(/Sold out$/)
    expect(await page.getByRole('button', { name: /^Find/ }).count()).toBe(0)
    await page.getByRole('link', { name: /^See seats of Zone 4/ }).click()
    await page.getByRole('button', { name: 'Find 2 together' }).waitFor()
    await page.goBack()
    await page.getByRole('link', { name: 'Best seats in the whole house' }).click()
    await page.getByRole('button', { name: 'Take 2 seats' }).waitFor()
  })
})

describeInBrowser('the zones of an event', (box) => {
  it('are a plan or a list, by tier, and the address says which', async () => {
    const page = await box.buyer()
    await page.goto('/shows/Event1')
    await page.getByRole('img', { name: /^Plan of Granville Ground: 100 zones/ }).waitFor()
    await page.getByRole('link', { name: 'List', exact: true }).click()
    await expect.poll(() => page.getByRole('rowheader').count(), { timeout: 30_000 }).toBe(100)
    expect(await page.getByRole('heading', { level: 2 }).allInnerTexts()).toEqual(['Choose a zone', 'Good to know', 'Best seats together'])
    await page.getByText('Live', { exact: true }).waitFor()
    await page.getByRole('link', { name: /^Middle/ }).click()
    await expect.poll(() => page.getByRole('rowheader').count(), { timeout: 30_000 }).toBe(32)
    expect(new URL(page.url()).search).toBe('?view=list&tier=Middle')
    const current = page.locator('main [aria-current]')
    expect((await current.allInnerTexts()).map((text) => text.replace(/\s.*$/s, ''))).toEqual(['List', 'Middle,'])
  })
})

describeInBrowser('an address that somebody mistyped', (box) => {
  it.each([
    [`/?from=abc&to=2026-99-99&type=&q=${'x'.repeat(201)}`, '/', /on sale/],
    ['/?from=9999-99', '/', /on sale/],
    ['/shows/Event5?zone=abc&view=globe&n=none&max=free&tier=', '/shows/Event5', /Cherry Orchard/],
    ['/shows/Event5?zone=999', '/shows/Event5?zone=999', /Cherry Orchard/],
    ['/shows/%', '/shows/%', /no such page/],
    ['/problems/nope', '/problems/nope', /no such page/],
  ])('falls back without a word: %s', async (path, shown, heading) => {
    const page = await box.buyer()
    const thrown: string[] = []
    page.on('pageerror', (error) => thrown.push(error.message))
    await page.goto(path)
    await page.getByRole('heading', { level: 1, name: heading }).waitFor()
    expect(page.url()).toBe(box.url() + shown)
    expect(thrown).toEqual([])
  })

  it('counts no ticket that is none', async () => {
    const page = await box.buyer()
    const { ticketId } = (await (await box.post({ quantity: 1, zoneId: 30 })).json()) as { ticketId: string }
    await expect.poll(async () => (await fetch(`${box.url()}/query/api/v1/tickets/${ticketId}`)).status, { timeout: 10_000 }).toBe(200)
    await page.goto(`/tickets/${ticketId}?with=abc`)
    await page.getByRole('article', { name: 'Ticket' }).waitFor()
    expect(await page.getByText(/^Ticket 1 of/).count()).toBe(0)
    expect(page.url()).toBe(`${box.url()}/tickets/${ticketId}`)
  })
})

describeInBrowser('the list of events', (box) => {
  it('answers while one types, keeps it in the address, and clears', async () => {
    const page = await box.buyer()
    await page.goto('/')
    await page.getByRole('searchbox').fill('orchard')
    await expect.poll(() => page.getByRole('listitem').count(), { timeout: 30_000 }).toBe(1)
    expect(new URL(page.url()).search).toBe('?q=orchard')
    await page.getByRole('searchbox').fill('zzzz')
    await page.getByText('Nothing matches “zzzz”.').waitFor()
    await page.getByRole('link', { name: 'Clear the search' }).click()
    await expect.poll(() => page.getByRole('listitem').count(), { timeout: 30_000 }).toBe(7)
    expect(await page.getByRole('searchbox').inputValue()).toBe('')
    await page.getByLabel('Kind').selectOption('Concert')
    await expect.poll(() => page.getByRole('listitem').count(), { timeout: 30_000 }).toBe(2)
    await page.goBack()
    await expect.poll(() => page.getByRole('listitem').count(), { timeout: 30_000 }).toBe(7)
    const months = page.getByLabel('When')
    await months.selectOption({ index: 1 })
    await expect.poll(() => page.getByRole('heading', { level: 2 }).count(), { timeout: 30_000 }).toBe(1)
  })

  it('takes 200 letters to look for, and no more', async () => {
    const page = await box.buyer()
    await page.goto('/')
    await page.getByRole('searchbox').focus()
    await page.keyboard.insertText('x'.repeat(250))
    expect(await page.getByRole('searchbox').inputValue()).toHaveLength(200)
  })

  it('says what failed, and tries again', async () => {
    const page = await box.buyer()
    let isBroken = true
    await page.route('**/query/api/v1/events?*', (route) =>
      isBroken ? route.fulfill({ status: 500, json: { code: 'internal-error', status: 500, requestId: 'r-7' } }) : route.continue(),
    )
    await page.goto('/')
    await page.getByText('The events could not be read.').waitFor()
    await page.getByText('Reference r-7').waitFor()
    isBroken = false
    await page.getByRole('button', { name: 'Try again' }).click()
    await page.getByRole('link', { name: /Tidewater/ }).waitFor()
  })

  it('remembers the theme and the language', async () => {
    const page = await box.buyer({ colorScheme: 'light' })
    await page.goto('/')
    await page.getByRole('button', { name: 'Use dark colours' }).click()
    await page.getByLabel('Language').selectOption('vi')
    await page.getByRole('heading', { level: 1, name: /sự kiện đang bán vé/ }).waitFor()
    await page.reload()
    await page.getByRole('button', { name: 'Dùng màu sáng' }).waitFor()
    expect(await page.locator('html').getAttribute('data-theme')).toBe('dark')
    expect(await page.locator('html').getAttribute('lang')).toBe('vi')
  })

  it('says when the reader is offline', async () => {
    const page = await box.buyer()
    await page.goto('/shows/Event5?zone=1')
    await page.getByText('Live', { exact: true }).waitFor()
    await page.context().setOffline(true)
    await page.getByText('You are offline. The map may be out of date.').waitFor()
    await page.context().setOffline(false)
    await page.getByText('Live', { exact: true }).waitFor()
  })
})
