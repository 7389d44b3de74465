/** What holds on every path: not found, wrong method, OPTIONS, HEAD, request ids, problems and their pages. */
import { refusals } from '@onsale/contract/refusals'
import { afterAll, describe, expect, it } from 'vitest'
import { contractRoutes, problem } from '../test/answer.ts'
import { TICKETS } from '../test/client.ts'
import { event, HALL } from '../test/house.ts'
import { startTestPlatform, type TestPlatform } from '../test/platform.ts'
import { sendRaw } from '../test/raw.ts'

const onsale: TestPlatform = await startTestPlatform({ house: { venues: [HALL], events: [event('Play'), event('Real')] } })
afterAll(() => onsale.stop())

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'] as const
const example = (url: string) => url.replace(':eventId', 'Play').replace(':venueId', 'Hall').replace(':zoneId', '1').replace(/:\w+/g, 'x')
const readable = contractRoutes.filter(({ method, url }) => method === 'GET' && !url.endsWith('/stream'))

describe('an unknown path', () => {
  it.each([
    '/nothing',
    '/purchase',
    '/purchase/api/v2/tickets',
    '/query/',
    '/api',
    '/api/orders',
    '/%20',
    '/__proto__',
    '/constructor',
    '/purchase/api/v1/tickets/',
    '/health/',
    '/..',
    '/./health',
    '//health',
  ])('is 404 with the prefixes that are served: %s', async (path) => {
    for (const method of METHODS) {
      const answer = await onsale.request(method, `${path}?secret=1`)
      expect(answer.status, answer.text).toBe(404)
      if (method === 'HEAD') continue
      expect(problem(answer)).toMatchObject({
        code: 'route-not-found',
        path,
        availableServices: expect.arrayContaining(['/purchase', '/query', '/events', '/health', '/docs']),
      })
      expect(answer.text).not.toContain('secret')
    }
  })

  it('is told in short when it is long', async () => {
    const { path } = problem(await onsale.get(`/${'x'.repeat(5000)}`))
    expect(String(path)).toHaveLength(200)
  })
})

describe('every route', () => {
  it.each(contractRoutes.map(({ url, method }) => [url, method]))('%s says what it takes', async (url, method) => {
    const path = example(url)
    const takes = method === 'GET' ? ['GET', 'HEAD', 'OPTIONS'] : [method, 'OPTIONS']
    const options = await onsale.request('OPTIONS', path)
    expect([options.status, options.text]).toEqual([204, ''])
    expect(String(options.headers.allow).split(', ').sort()).toEqual(takes.toSorted())
    for (const wrong of METHODS.filter((name) => !takes.includes(name))) {
      const answer = await onsale.request(wrong, path, wrong === 'GET' || wrong === 'HEAD' ? {} : { json: {} })
      expect(answer.status, `${wrong} ${answer.text}`).toBe(405)
      expect(answer.headers.allow).toBe(options.headers.allow)
      if (wrong === 'HEAD') continue
      const { code, supportedMethods, detail } = problem(answer)
      expect([code, supportedMethods]).toEqual(['method-not-allowed', String(options.headers.allow).split(', ')])
      expect(detail).toMatch(/^[A-Z].+\.$/)
    }
  })

  it.each(readable.map(({ url }) => url))('%s answers HEAD like GET, without the body', async (url) => {
    const path = example(url)
    const [head, get] = [await onsale.request('HEAD', path), await onsale.get(path)]
    expect([head.status, head.text]).toEqual([get.status, ''])
    for (const name of ['content-type', 'cache-control', 'etag', 'link']) expect(head.headers[name], name).toBe(get.headers[name])
    expect(Number(head.headers['content-length'])).toBeGreaterThan(0)
  })
})

describe('the id of a request', () => {
  it.each(['a', 'req-1', 'Root=1-67891233-abcdef012345678912345678', `${'x'.repeat(128)}`])(
    'is the client’s when it is sane: %s',
    async (id) => {
      const headers = { 'x-request-id': id }
      for (const answer of [await onsale.get('/health', headers), await onsale.get('/nothing', headers), await onsale.buy({}, headers)])
        expect(answer.headers['x-request-id']).toBe(id)
    },
  )

  it.each([[''], ['two words'], ['x'.repeat(129)], ['<script>'], ['"quoted"'], ['a,b'], ['\xfcber'], [['one', 'two']]])(
    'is ours otherwise: %s',
    async (id) => {
      const headers = { 'x-request-id': id }
      const ids = [await onsale.get('/health', headers), await onsale.buy({}, headers)].map((answer) => answer.headers['x-request-id'])
      expect(new Set([...ids, id]).size).toBe(3)
    },
  )
})

describe('problems', () => {
  it('are told each, and in a list; who reads HTML gets the page of the web app', async () => {
    const list = (await onsale.get('/problems')).json<{ code: string }[]>()
    expect(list.map(({ code }) => code).sort()).toEqual(Object.keys(refusals).sort())
    for (const { code } of list)
      expect((await onsale.get(`/problems/${code}`)).json()).toEqual({ code, ...refusals[code as keyof typeof refusals] })
  })

  it.each(['nothing', 'toString', '__proto__', 'constructor', '%3Cscript%3E'])('are none of %s', async (code) => {
    const answer = await onsale.get(`/problems/${code}`)
    expect([answer.status, problem(answer).code]).toEqual([404, 'unknown-problem'])
  })
})

describe('what is hardly HTTP', () => {
  const get = (...lines: string[]) => ['GET /health HTTP/1.1', 'Host: x', 'Connection: close', ...lines]
  const post = (...lines: string[]) => [
    `POST ${TICKETS} HTTP/1.1`,
    'Host: x',
    'Connection: close',
    'Content-Type: application/json',
    ...lines,
  ]
  const wish = JSON.stringify({ venueId: 'Hall', eventId: 'Play', zoneId: 1, row: 'D', column: 1 })
  const lasting = JSON.stringify({ venueId: 'Hall', eventId: 'Real', zoneId: 1, row: 'D', column: 1 })

  it.each<[what: string, lines: string[], status: number, code: string]>([
    ['no HTTP at all', ['\x16\x03\x01'], 400, 'bad-request'],
    ['an unknown method', ['BUY /health HTTP/1.1', 'Host: x'], 400, 'bad-request'],
    ['an unknown version', ['GET /health HTTP/9.9', 'Host: x'], 400, 'bad-request'],
    ['no Host', ['GET /health HTTP/1.1'], 400, 'bad-request'],
    ['a header without a name', get(': x'), 400, 'bad-request'],
    ['a space before the colon', get('X-Request-ID : x'), 400, 'bad-request'],
    ['a header with NUL', get('X-Request-ID: a\0b'), 400, 'bad-request'],
    ['a header with a lone CR', get('X-Request-ID: a\rSet-Cookie: x=1'), 400, 'bad-request'],
    ['headers of more than 16 KiB', get(`X-Long: ${'x'.repeat(17_000)}`), 431, 'headers-too-large'],
    ['a path of more than 16 KiB', [`GET /${'x'.repeat(17_000)} HTTP/1.1`, 'Host: x'], 431, 'headers-too-large'],
    ['two lengths', post('Content-Length: 1', `Content-Length: ${wish.length}`), 400, 'bad-request'],
    ['a length beside chunks', post(`Content-Length: ${wish.length}`, 'Transfer-Encoding: chunked'), 400, 'bad-request'],
    ['a negative length', post('Content-Length: -1'), 400, 'bad-request'],
    ['a length that is no number', post('Content-Length: x'), 400, 'bad-request'],
    ['an unknown transfer coding', post('Transfer-Encoding: gzip'), 400, 'bad-request'],
    ['a chunk that is none', [...post('Transfer-Encoding: chunked'), '', 'zz'], 400, 'bad-request'],
    ['an expectation nobody knows', post('Expect: a miracle', `Content-Length: ${wish.length}`), 417, 'expectation-failed'],
  ])('is answered by a problem: %s', async (_, lines, status, code) => {
    const answer = await sendRaw(onsale.url, lines, lines[0]?.startsWith('POST') ? wish : '')
    expect(answer && [answer.status, problem(answer).code], answer?.text).toEqual([status, code])
  })

  it('does not say of a purchase that was whole that it was none, because of what came behind it', async () => {
    const lines = ['Content-Type: application/json', `Content-Length: ${lasting.length}`]
    const sold = await sendRaw(
      onsale.url,
      post(...lines).filter((line) => !line.startsWith('Connection')),
      `${lasting}no HTTP\r\n\r\n`,
    )
    expect(sold?.status, sold?.text).toBe(201)
  })

  it('does not let a request id write headers', async () => {
    const answer = await sendRaw(onsale.url, get('X-Request-ID: a%0d%0aSet-Cookie:%20x=1'))
    expect(answer?.status).toBe(200)
    expect(answer?.headers['set-cookie']).toBeUndefined()
  })

  it.each<[what: string, lines: string[]]>([
    ['HTTP/1.0', ['GET /health HTTP/1.0']],
    ['a whole address as the target', ['GET http://example.com/health HTTP/1.1', 'Host: x', 'Connection: close']],
    ['a header folded as of old', get('X-Old: a', ' b')],
  ])('never fails on us: %s', async (_, lines) => {
    const answer = await sendRaw(onsale.url, lines)
    expect(answer?.status).toBeLessThan(500)
  })

  it('sold nothing in all this', async () => {
    await onsale.settle()
    expect(await onsale.read('/query/api/v1/tickets/count/Play')).toEqual({ eventId: 'Play', count: 0 })
  })
})
