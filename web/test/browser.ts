/** The built app in a real browser, on the real server. */
import { existsSync } from 'node:fs'
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe } from 'vitest'
import { startServer } from '../../server/test/process.ts'

const executablePath = '/usr/bin/chromium'
const args = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

export type Box = {
  url: () => string
  /** A window of its own: nothing is shared with another buyer. */
  buyer: (options?: BrowserContextOptions) => Promise<Page>
  /** Buys past the browser, as another customer would. */
  post: (wish: Record<string, unknown>) => Promise<Response>
}

/** `it` blocks in `body` run against one server and one browser. A laptop without Chromium skips loudly, CI fails. */
export function describeInBrowser(name: string, body: (box: Box) => void): void {
  const isThere = existsSync(executablePath)
  if (!isThere && !process.env.CI) {
    console.warn(`${name}: skipped, because ${executablePath} is missing`)
    describe.skip(name, () => undefined)
    return
  }
  describe(name, { timeout: 60_000 }, () => {
    let browser: Browser
    let server: Awaited<ReturnType<typeof startServer>>
    let contexts: BrowserContext[] = []

    beforeAll(async () => {
      server = await startServer()
      browser = await chromium.launch({ executablePath, args })
    }, 60_000)
    afterEach(async () => {
      await Promise.all(contexts.map((context) => context.close()))
      contexts = []
    })
    afterAll(async () => {
      await browser?.close()
      await server?.stop()
    })

    body({
      url: () => server.url,
      buyer: async (options = {}) => {
        const context = await browser.newContext({
          baseURL: server.url,
          locale: 'en-CA',
          viewport: { width: 1280, height: 900 },
          ...options,
        })
        contexts.push(context)
        const page = await context.newPage()
        page.setDefaultTimeout(20_000)
        return page
      },
      post: (wish) =>
        fetch(`${server.url}/purchase/api/v1/tickets`, {
          method: 'POST',
          headers: { 'Content-Type': 'application/json' },
          body: JSON.stringify({ venueId: 'Venue1', eventId: 'Event1', ...wish }),
        }),
    })
  })
}

/** Focuses a seat of the map by name, as a screen reader's user would walk to it: only the rows around the focus are real cells. */
export async function focusSeat(page: Page, row: number, seat: number): Promise<void> {
  const grid = page.getByRole('grid')
  await grid.locator('[tabindex="0"]').focus()
  await page.keyboard.press('Control+Home')
  for (let step = 0; step < row; step++) await page.keyboard.press('ArrowDown')
  for (let step = 1; step < seat; step++) await page.keyboard.press('ArrowRight')
}
