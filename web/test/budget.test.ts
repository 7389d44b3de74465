import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { expect, it } from 'vitest'
import { pagePatterns } from '../src/paths.ts'
import { describeInBrowser } from './browser.ts'

const dist = fileURLToPath(new URL('../dist/', import.meta.url))
const kilobytes = (bytes: number) => bytes / 1000

it.skipIf(!existsSync(dist))('tells the server which paths are pages', () => {
  expect(JSON.parse(readFileSync(`${dist}pages.json`, 'utf8')).paths).toEqual(pagePatterns)
})

it.skipIf(!existsSync(dist))('brings nothing of the contract to the browser', () => {
  const scripts = readdirSync(`${dist}assets`).filter((name) => name.endsWith('.js'))
  for (const name of scripts) expect(readFileSync(`${dist}assets/${name}`, 'utf8')).not.toContain('RFC 9457')
})

describeInBrowser('the first load', (box) => {
  const budgets = [
    ['home', '/', '.home li a', 145, 14],
    ['event', '/shows/Event1', '.plan-box', 160, 14],
    ['zone', '/shows/Event1?zone=1', '.seatmap', 160, 14],
  ] as const
  for (const [name, path, view, scriptBudget, styleBudget] of budgets) {
    it(`of ${name} stays in its budget`, async () => {
      const page = await box.buyer()
      const files: string[] = []
      page.on('response', (response) => files.push(new URL(response.url()).pathname))
      // Once a view stands, the other one is fetched ahead; that is after the first load.
      const ahead = name === 'zone' ? 'EventOverview' : 'ZoneView'
      await page.goto(path)
      await page.locator(view).first().waitFor()
      await page.waitForLoadState('load')
      const weigh = (ending: string) =>
        kilobytes(
          [...new Set(files)]
            .filter((file) => file.startsWith('/assets/') && file.endsWith(ending))
            .filter((file) => !file.includes(ahead))
            .reduce((sum, file) => sum + gzipSync(readFileSync(dist + file)).length, 0),
        )
      expect(weigh('.js')).toBeLessThan(scriptBudget)
      expect(weigh('.css')).toBeLessThan(styleBudget)
      expect(files.filter((file) => file.endsWith('.woff2'))).toHaveLength(1)
    })
  }
})
