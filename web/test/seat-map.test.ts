/** What only a real layout can tell of the seat map: where the focus is on the screen, and what lies over seats. */
import type { EventDetail } from '@onsale/contract/events'
import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { describeInBrowser, focusSeat } from './browser.ts'

/** How many rows of the map would fit between the focus and the nearer edge of the window. */
const roomAround = (page: Page) =>
  page.evaluate(() => {
    const { top, bottom } = (document.activeElement as HTMLElement).getBoundingClientRect()
    const pitch = (bottom - top) / 0.72
    return Math.min(top, innerHeight - bottom) / pitch
  })
const focused = (page: Page) => page.evaluate(() => document.activeElement?.textContent)

describeInBrowser('the seat with the focus', (box) => {
  it('stays in the window with two rows around it, where the map is higher than that', async () => {
    const page = await box.buyer({ viewport: { width: 1366, height: 650 } })
    await page.goto('/shows/Event3?zone=2')
    await page.getByRole('gridcell').first().waitFor()
    await focusSeat(page, 0, 1)
    for (let row = 1; row < 25; row++) {
      await page.keyboard.press('ArrowDown')
      await expect.poll(() => roomAround(page)).toBeGreaterThan(1.9)
    }
    expect(await focused(page)).toContain('Row Y')
    await page.keyboard.press('Control+Home')
    await expect.poll(() => roomAround(page)).toBeGreaterThan(1.9)
    expect(await focused(page)).toContain('Row A, seat 1,')
    await page.keyboard.press('Control+End')
    await expect.poll(() => roomAround(page)).toBeGreaterThan(1.9)
    expect(await focused(page)).toContain('Row Y, seat 35,')
  })
})

describeInBrowser('the whole zone', (box) => {
  it.each([360, 1280])('has nothing lying over its seats at %i px', async (width) => {
    const page = await box.buyer({ viewport: { width, height: 900 } })
    await page.goto('/shows/Event3?zone=2')
    await page.getByRole('button', { name: 'Zoom in' }).waitFor()
    const seats = page.locator('.seatmap')
    const map = await seats.boundingBox()
    for (const over of [page.locator('.zoom'), page.locator('.seat-mini')]) {
      const box = await over.boundingBox()
      expect(box?.y).toBeGreaterThanOrEqual((map?.y ?? 0) + (map?.height ?? 0))
    }
    // Zoomed, too: the mini-map is seen then.
    await page.getByRole('button', { name: 'Zoom in' }).click()
    await expect.poll(() => page.locator('.seat-mini').evaluate((mini) => getComputedStyle(mini).visibility)).toBe('visible')
  })
})

describeInBrowser('the offer after a refusal', (box) => {
  /** Picks, then loses some of it to somebody else while the stream is silent. */
  async function lose(page: Page, picks: readonly number[], taken: readonly number[]): Promise<void> {
    await page.route('**/stream', (route) => route.abort())
    await page.addInitScript(
      ([key, value]) => {
        if (!sessionStorage.getItem(key as string)) sessionStorage.setItem(key as string, value as string)
      },
      ['onsale.picks.Event5', JSON.stringify(picks.map((seat) => ({ zoneId: 5, seat })))],
    )
    await page.goto('/shows/Event5?zone=5')
    await page.getByRole('button', { name: /^Take 2 seats/ }).waitFor()
    const seats = taken.map((seat) => ({ zoneId: 5, row: 'A', column: seat + 1 }))
    const sold = await box.post({ venueId: 'Venue3', eventId: 'Event5', seats })
    expect(sold.status).toBe(201)
    await page.getByRole('button', { name: /^Take 2 seats/ }).click()
    await page.getByRole('button', { name: 'Choose myself' }).waitFor()
  }

  it('keeps a wheelchair place and its companion together, or is none', async () => {
    const event = (await (await fetch(`${box.url()}/query/api/v1/events/Event5`)).json()) as EventDetail
    const zone = event.zones.find(({ zoneId }) => zoneId === 5)
    expect([zone?.accessible, zone?.companion]).toEqual([
      ['A1', 'A25'],
      ['A2', 'A24'],
    ])
    const page = await box.buyer()
    await lose(page, [0, 1], [1])
    await page.getByRole('button', { name: 'Take row A, seats 24 and 25' }).waitFor()
    // The other pair goes too.
    expect((await box.post({ venueId: 'Venue3', eventId: 'Event5', zoneId: 5, row: 'A', column: 24 })).status).toBe(201)
    const other = await box.buyer()
    await other.goto('/shows/Event5?zone=5')
    await page.getByRole('button', { name: 'Take row A, seats 24 and 25' }).click()
    await page
      .getByText(/Row A, seat 24 has just gone/)
      .first()
      .waitFor()
    expect(await page.getByRole('button', { name: /^Take row/ }).count()).toBe(0)
  })
})

describeInBrowser('printing', (box) => {
  it('prints all tickets of the purchase', async () => {
    const page = await box.buyer()
    await page.addInitScript(() => {
      window.print = () => {
        document.title = `printed ${document.querySelectorAll('article').length}`
      }
    })
    await page.goto('/shows/Event4?n=3')
    await page.getByRole('button', { name: 'Take 3 seats' }).click()
    await page.getByRole('button', { name: 'Print all 3, or save as PDF' }).click()
    await expect.poll(() => page.title()).toBe('printed 3')
    expect(await page.getByRole('article', { name: 'Ticket' }).count()).toBe(1)
    await page.emulateMedia({ media: 'print' })
    expect(await page.locator('article:visible').count()).toBe(3)
    const serials = await page.locator('article:visible .serial').allInnerTexts()
    expect(new Set(serials).size).toBe(3)
  })
})
