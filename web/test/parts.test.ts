/** Parts of the app that do not come: with the line away, and in a tab from before a deploy. */
import { expect, it } from 'vitest'
import { describeInBrowser } from './browser.ts'

describeInBrowser('a part of a page', (box) => {
  it('that cannot come while offline is told so, and comes by itself', async () => {
    const page = await box.buyer()
    await page.goto('/shows/Event5?zone=1')
    await page.getByRole('gridcell').first().waitFor()
    await page.context().setOffline(true)
    await page.getByRole('link', { name: 'Rows' }).click()
    await page.getByText('What is missing here comes by itself').waitFor()
    expect(await page.getByText('went wrong on our side').count()).toBe(0)
    await page.context().setOffline(false)
    await page.getByText(/^\d+ rows, \d+ seats free$/).waitFor()
    expect(await page.getByText('What is missing here').count()).toBe(0)
  })

  it('that is a whole page comes too, where the link leads', async () => {
    const page = await box.buyer()
    await page.goto('/')
    await page.getByRole('link', { name: /Cherry Orchard/ }).waitFor()
    await page.context().setOffline(true)
    await page.getByRole('link', { name: 'About' }).click()
    await page.getByText('What is missing here comes by itself').waitFor()
    await page.context().setOffline(false)
    await page.getByRole('heading', { level: 1, name: 'About Onsale' }).waitFor()
  })

  it('whose name is gone since a deploy brings the new page, once', async () => {
    const page = await box.buyer()
    let loads = 0
    page.on('domcontentloaded', () => loads++)
    await page.route(/assets\/SeatRows-.*\.js/, (route) => (loads < 2 ? route.fulfill({ status: 404, body: '' }) : route.continue()))
    await page.goto('/shows/Event5?zone=1')
    await page.getByRole('gridcell').first().waitFor()
    await page.getByRole('link', { name: 'Rows' }).click()
    await page.getByText(/^\d+ rows, \d+ seats free$/).waitFor()
    expect(loads).toBe(2)
  })

  it('that is missing for good is our fault, says so after one more try, and has ways out', async () => {
    const page = await box.buyer({ viewport: { width: 360, height: 740 } })
    let loads = 0
    page.on('domcontentloaded', () => loads++)
    await page.route(/assets\/SeatRows-.*\.js/, (route) => route.fulfill({ status: 404, body: '' }))
    await page.goto('/shows/Event5?zone=1&view=list')
    await page.getByRole('heading', { level: 1, name: 'This page went wrong on our side.' }).waitFor()
    expect(loads).toBe(2)
    await page.getByRole('link', { name: 'See what is on sale' }).click()
    await page.getByRole('heading', { level: 1, name: /on sale/ }).waitFor()
  })

  it('a crash with a long address in it does not widen the page', async () => {
    const page = await box.buyer({ viewport: { width: 360, height: 740 } })
    await page.addInitScript(
      `Intl.ListFormat = Intl.PluralRules = Intl.DateTimeFormat = class { constructor() { throw new Error('https://example.com/${'x'.repeat(200)}') } }`,
    )
    await page.goto('/')
    await page.getByText('example.com').waitFor()
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(360)
  })
})
