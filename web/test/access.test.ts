import { AxeBuilder } from '@axe-core/playwright'
import type { Page } from 'playwright-core'
import { beforeAll, expect, it } from 'vitest'
import { type Box, describeInBrowser } from './browser.ts'

const widths = [390, 1280]
/** Ten pages, each read whole; a busy machine takes its time. */
const patience = { timeout: 240_000 }
const schemes = ['light', 'dark'] as const

describeInBrowser('every page', (box) => {
  let pages: readonly (readonly [name: string, path: string])[] = []
  beforeAll(async () => {
    pages = await allPages(box)
  })

  for (const width of widths) {
    for (const colorScheme of schemes) {
      it(`has nothing that axe objects to, at ${width} px, ${colorScheme}`, patience, async () => {
        const page = await box.buyer({ viewport: { width, height: 900 }, colorScheme, reducedMotion: 'reduce' })
        const faults: string[] = []
        for (const [name, path] of pages) faults.push(...(await faultsOf(page, name, path)))
        expect(faults).toEqual([])
      })
    }
  }

  for (const language of ['vi', 'ar']) {
    it(`is whole in ${language}`, patience, async () => {
      const page = await box.buyer({ viewport: { width: 390, height: 900 }, reducedMotion: 'reduce' })
      await page.goto(`/?lang=${language}`)
      const faults: string[] = []
      for (const [name, path] of pages) {
        faults.push(...(await faultsOf(page, name, path)))
        if (await isWiderThanWindow(page)) faults.push(`${name}: scrolls sideways`)
      }
      expect(faults).toEqual([])
      expect(await page.locator('html').getAttribute('dir')).toBe(language === 'ar' ? 'rtl' : 'ltr')
    })
  }

  it('never scrolls sideways at 320 px', async () => {
    const page = await box.buyer({ viewport: { width: 320, height: 700 } })
    const wide: string[] = []
    for (const [name, path] of pages) {
      await open(page, path)
      if (await isWiderThanWindow(page)) wide.push(name)
    }
    expect(wide).toEqual([])
  })

  it('has no text below 13 px and nothing to press below 44 px, at 360 px', patience, async () => {
    const page = await box.buyer({ viewport: { width: 360, height: 740 }, hasTouch: true })
    const faults: string[] = []
    for (const [name, path] of [...pages, ['small plan', '/shows/Event5'], ['small seats', '/shows/Event3?zone=2']] as const) {
      await open(page, path)
      await page.waitForFunction(() => document.fonts.status === 'loaded')
      for (const fault of [...(await page.evaluate(smallTexts)), ...(await page.evaluate(smallTargets))]) faults.push(`${name}: ${fault}`)
    }
    expect(faults).toEqual([])
  })

  it('never scrolls sideways with letters of twice the size, at 360 px', patience, async () => {
    const page = await box.buyer({ viewport: { width: 360, height: 740 } })
    const wide: string[] = []
    for (const [name, path] of pages) {
      await open(page, path)
      await page.addStyleTag({ content: 'html { font-size: 200% !important }' })
      if (await isWiderThanWindow(page)) wide.push(name)
    }
    expect(wide).toEqual([])
  })

  it('shows the plan with the names that have room, and none outside its zone', async () => {
    const page = await box.buyer({ viewport: { width: 360, height: 740 } })
    await open(page, '/shows/Event1')
    const few = await page.locator('.plan-box text').count()
    expect(few).toBeGreaterThan(10)
    await page.setViewportSize({ width: 1280, height: 900 })
    await expect.poll(() => page.locator('.plan-box text').count()).toBe(101)
    expect(few).toBeLessThan(101)
  })

  it('has room for words that are longer by two fifths', async () => {
    const page = await box.buyer({ viewport: { width: 320, height: 700 } })
    await page.route(/\/assets\/en-.*\.js$/, async (route) => {
      const response = await route.fetch()
      await route.fulfill({ response, body: stretched(await response.text()) })
    })
    const wide: string[] = []
    for (const [name, path] of pages) {
      await open(page, path)
      if (await isWiderThanWindow(page)) wide.push(name)
    }
    expect(wide).toEqual([])
  })

  it('moves the focus to the heading, and names the window', async () => {
    const page = await box.buyer()
    await page.goto('/')
    await page.getByRole('link', { name: 'About' }).click()
    await page.getByRole('heading', { level: 1, name: 'About Onsale' }).waitFor()
    expect(await page.title()).toBe('About Onsale - Onsale')
    expect(await page.evaluate(() => document.activeElement?.tagName)).toBe('H1')
  })

  it('answers 404 with the same page for an address that is none', async () => {
    const page = await box.buyer()
    expect((await page.goto('/nowhere'))?.status()).toBe(404)
    await page.getByRole('heading', { level: 1, name: 'We have no such page' }).waitFor()
    await page.goto('/shows/Nothing')
    await page.getByText('We have no such event.').waitFor()
    await page.getByRole('link', { name: 'See what is on sale' }).click()
    await page.getByRole('heading', { level: 1, name: /on sale/ }).waitFor()
  })
})

async function allPages(box: Box): Promise<[string, string][]> {
  const sold = (await (await box.post({ quantity: 2 })).json()) as { tickets: { ticketId: string }[] }
  const [first, second] = sold.tickets.map(({ ticketId }) => ticketId)
  return [
    ['home', '/'],
    ['no match', '/?q=zzzz'],
    ['event', '/shows/Event1'],
    ['list of zones', '/shows/Event1?view=list&tier=Lower'],
    ['zone', '/shows/Event1?zone=7'],
    ['rows', '/shows/Event1?zone=7&view=list'],
    ['ticket', `/tickets/${first}?with=${second}`],
    ['no ticket', '/tickets/none'],
    ['about', '/about'],
    ['problem', '/problems/seat-occupied'],
    ['not found', '/nowhere'],
  ]
}

async function open(page: Page, path: string): Promise<void> {
  await page.goto(path)
  await page.getByRole('heading', { level: 1 }).first().waitFor()
  await page.waitForFunction(() => !document.querySelector('[aria-busy="true"]'))
}

async function faultsOf(page: Page, name: string, path: string): Promise<string[]> {
  await open(page, path)
  const { violations } = await new AxeBuilder({ page }).setLegacyMode(true).analyze()
  return violations.map(({ id, nodes }) => `${name}: ${id}: ${nodes.map((node) => node.html.slice(0, 120)).join(' | ')}`)
}

function isWiderThanWindow(page: Page): Promise<boolean> {
  return page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth)
}

/** What is read and smaller than 13 px on the screen; a text in a drawing is as large as the drawing makes it. */
function smallTexts(): string[] {
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  const small: string[] = []
  for (let text = texts.nextNode(); text; text = texts.nextNode()) {
    const holder = text.parentElement
    if (!holder?.checkVisibility() || !text.textContent?.trim() || holder.closest('.sr, [role="gridcell"]')) continue
    const scale = (holder instanceof SVGGraphicsElement && holder.getScreenCTM()?.a) || 1
    const size = Number.parseFloat(getComputedStyle(holder).fontSize) * scale
    if (size < 12.99) small.push(`"${text.textContent}" has ${size.toFixed(1)} px`)
  }
  return small
}

/** A word in a line of text is as high as the line; seats have sizes of their own, and zoom. */
function smallTargets(): string[] {
  return [...document.querySelectorAll('a, button, select, input, summary')].flatMap((target) => {
    if (!target.checkVisibility() || target.closest('[role="grid"], .skip')) return []
    const { width, height } = (target.closest('label') ?? target).getBoundingClientRect()
    const isWord = target.matches('.foot a, .slim h1 a, .pad > a')
    const isSmall = height < 43.5 || (width < 43.5 && !isWord)
    return isSmall && !target.matches('.slim h1 a') ? [`"${target.textContent}" is ${Math.round(width)} x ${Math.round(height)}`] : []
  })
}

/** Strings of the language file, longer and with accents; what does not change on the page does not come from the file. */
function stretched(script: string): string {
  return script.replace(/(["'`])((?:(?!\1)[^\\]|\\.)*)\1/g, (whole, quote: string, text: string) =>
    text.includes(' ') ? `${quote}${text}${' éxtra'.repeat(Math.ceil((text.length * 0.4) / 6))}${quote}` : whole,
  )
}
