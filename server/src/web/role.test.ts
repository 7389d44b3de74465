/** The built web app: its page for every place a person can be at, its own not-found page, and long caching of what is hashed. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { problem } from '../../test/answer.ts'
import { event, HALL } from '../../test/house.ts'
import { startTestPlatform, type TestPlatform } from '../../test/platform.ts'

const DIST = resolve(import.meta.dirname, '../../../web/dist')
const isBuilt = existsSync(resolve(DIST, 'index.html'))
if (!isBuilt) console.warn('web/dist is missing, so the web role is not tested: run `npm run setup -- --web`')

const HTML = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8', 'accept-language': 'en-CA,en;q=0.9' }
let onsale: TestPlatform
beforeAll(async () => {
  onsale = await startTestPlatform({ house: { venues: [HALL], events: [event('Play')] } })
})
afterAll(() => onsale.stop())

describe.skipIf(!isBuilt)('the web app', () => {
  const index = isBuilt ? readFileSync(resolve(DIST, 'index.html'), 'utf8') : ''
  const pageIn = (lang: string, dir: string) => index.replace('<html lang="en">', `<html lang="${lang}" dir="${dir}">`)

  it.each([
    [{ 'accept-language': 'ar-EG,ar;q=0.9,en;q=0.5' }, 'ar', 'rtl'],
    [{ 'accept-language': 'fr, vi-VN;q=0.8' }, 'vi', 'ltr'],
    [{ 'accept-language': 'en', cookie: 'a=b; onsale_lang=ar' }, 'ar', 'rtl'],
    [{ 'accept-language': 'fr', cookie: 'onsale_lang=<script>' }, 'en', ''],
  ])('says its language and direction: %j', async (headers, lang, dir) => {
    const answer = await onsale.get('/nothing', { ...HTML, ...headers })
    expect([answer.status, answer.text]).toEqual([404, dir ? pageIn(lang, dir) : index])
  })

  it.each(['/index.html', '/pages.json'])('has its parts for the server to itself: %s', async (path) => {
    expect((await onsale.get(path, { accept: '*/*' })).status).toBe(404)
  })

  it.each(['/', '/?q=derby', '/shows/Play', '/tickets/01a1feb9-4a5b-7d2e-bd0a-4594aa75b729'])('is served at %s', async (path) => {
    const answer = await onsale.get(path, HTML)
    expect([answer.status, answer.text]).toEqual([200, pageIn('en', 'ltr')])
    expect(answer.headers).toMatchObject({ 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-cache' })
    expect(answer.headers['content-security-policy']).toContain("frame-ancestors 'none'")
    expect((await onsale.request('HEAD', path, { headers: HTML })).status).toBe(200)
  })

  it.each(['/nothing', '/shows', '/shows/a/b', '/shows/Play/', '/index.html/x', '/assets/nothing.js', '/%2e%2e/package.json'])(
    'says 404 with its own page to a browser, and with a problem to anybody else: %s',
    async (path) => {
      const page = await onsale.get(path, HTML)
      expect([page.status, page.text]).toEqual([404, pageIn('en', 'ltr')])
      const other = await onsale.get(path, { accept: 'application/json' })
      expect([other.status, problem(other).code]).toEqual([404, 'route-not-found'])
    },
  )

  it.each([
    ['/problems/busy', 200],
    ['/problems/nope', 404],
    ['/shows/%', 404],
    ['/tickets/%ff', 404],
  ])('says it on a page of its own, to who reads, and in JSON to a program: %s', async (path, status) => {
    const page = await onsale.get(path, HTML)
    expect([page.status, page.text]).toEqual([status, pageIn('en', 'ltr')])
    expect(page.headers['content-security-policy']).toContain("frame-ancestors 'none'")
    const other = await onsale.get(path, { accept: '*/*' })
    expect(other.headers['content-type']).toMatch(/json/)
  })

  it.each([
    '/purchase/nothing',
    '/query/api/v1/nothing',
    '/events/nothing',
    '/api/orders',
    '/health/nothing',
    '/metrics/x',
    '/problems/a/b',
  ])('never stands where JSON lives: %s', async (path) => {
    const answer = await onsale.get(path, HTML)
    expect([answer.status, problem(answer).code]).toEqual([404, 'route-not-found'])
  })

  it('answers no other method with a page', async () => {
    const answer = await onsale.request('POST', '/nothing', { json: {}, headers: HTML })
    expect([answer.status, problem(answer).code]).toEqual([404, 'route-not-found'])
  })

  it('is kept for a year where its name has a hash, and no longer elsewhere', async () => {
    const hashed = readdirSync(resolve(DIST, 'assets')).filter((name) => /-[\w-]{8}\.\w+$/.test(name))
    expect(hashed.length).toBeGreaterThan(0)
    for (const name of hashed) {
      const answer = await onsale.get(`/assets/${name}`)
      expect([answer.status, answer.headers['cache-control']], name).toEqual([200, 'public, max-age=31536000, immutable'])
    }
  })

  it('is not kept for a year where its name has none: it would stay old', async () => {
    const names = readdirSync(resolve(DIST, 'assets')).filter((name) => !/-[\w-]{8}\.\w+$/.test(name))
    for (const name of names) expect((await onsale.get(`/assets/${name}`)).headers['cache-control'], name).not.toContain('immutable')
  })
})

it('leads to /docs where the web role is not served', async () => {
  const bare = await startTestPlatform({ house: { venues: [HALL], events: [] }, env: { ROLES: 'query' } })
  const answer = await bare.get('/')
  expect([answer.status, answer.headers.location]).toEqual([302, '/docs'])
  await bare.stop()
})
