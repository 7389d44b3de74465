/** Bytes that somebody sends who means no good, beyond bad-input.test.ts and http.test.ts: no 5xx, nobody hangs, nothing changes. */
import type { Ticket } from '@onsale/contract/tickets'
import { afterAll, describe, expect, it } from 'vitest'
import { TICKETS } from '../test/client.ts'
import { event, HALL } from '../test/house.ts'
import { type Live, openLive } from '../test/live.ts'
import { startTestPlatform, type TestPlatform } from '../test/platform.ts'
import { sendRaw } from '../test/raw.ts'

const onsale: TestPlatform = await startTestPlatform({ house: { venues: [HALL], events: [event('Play')] } })
afterAll(() => onsale.stop())

const HOPS = ['Host: x', 'Connection: close']
const JSON_TYPE = 'Content-Type: application/json'
const VENUES = '/query/api/v1/venues?limit=1'
const STREAM = '/query/api/v1/events/Play/stream'
const wish = JSON.stringify({ venueId: 'Hall', eventId: 'Play', zoneId: 1, row: 'A', column: 'none' })
const wishLength = `Content-Length: ${wish.length}`

const get = (path: string, ...lines: string[]) => [`GET ${path} HTTP/1.1`, ...HOPS, ...lines]
const post = (...lines: string[]) => [`POST ${TICKETS} HTTP/1.1`, ...HOPS, JSON_TYPE, ...lines]
const other = (method: string, path: string, ...lines: string[]) => [`${method} ${path} HTTP/1.1`, ...HOPS, ...lines]

describe('is answered, and not by a fault of ours', () => {
  it.each<[what: string, head: string[], status: number, body?: string]>([
    // Addresses.
    ['a host that is none in the target', get(`http://[${VENUES}`), 400],
    ['a port that is none in the target', get(`http://a:99999999${VENUES}`), 400],
    ['a host with a broken percent sign in the target', get(`http://a%zz${VENUES}`), 400],
    ['another scheme in the target', get(`ftp://x${VENUES}`), 404],
    ['a purchase by a whole address', [`POST http://x${TICKETS} HTTP/1.1`, ...post(wishLength).slice(1)], 400, wish],
    ['two slashes first', get(`/${VENUES}`), 404],
    ['backslashes', get('/query\\api\\v1\\venues'), 404],
    ['encoded slashes', get('/query%2Fapi%2Fv1%2Fvenues'), 404],
    ['an encoded slash in an id', get('/query/api/v1/events/Play%2Fstream'), 404],
    ['a way up', get('/query/api/v1/../v1/venues'), 404],
    ['an encoded way up among the files', get('/assets/..%2f..%2f..%2fpackage.json'), 404],
    ['an encoded way up among the pages of the API', get('/docs/..%2f..%2fpackage.json'), 404],
    ['NUL in a path', get('/query/api/v1/events/a\0b'), 400],
    ['an encoded NUL in an id', get('/query/api/v1/events/a%00b'), 404],
    ['an encoded NUL in the name of a file', get('/assets/a%00.js'), 404],
    ['a question of 15,000 letters', get(`/query/api/v1/events?q=${'x'.repeat(15_000)}`), 400],
    ['7,000 parameters', get(`/query/api/v1/events?${'a&'.repeat(7000)}`), 400],
    ['a fragment', get(`${VENUES}#x`), 400],
    ['a star', other('OPTIONS', '*'), 404],
    // Methods and protocols.
    ['TRACE', other('TRACE', '/health'), 405],
    ['the beginning of HTTP/2', ['PRI * HTTP/2.0', '', 'SM'], 400],
    ['an upgrade to a WebSocket', get('/health', 'Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Key: x'), 200],
    ['an upgrade of a purchase', post('Connection: Upgrade', 'Upgrade: websocket', wishLength), 400, wish],
    ['line ends without CR', ['GET /health HTTP/1.1\nHost: x\nConnection: close\n\n'], 400],
    ['another method in a header', post('X-HTTP-Method-Override: DELETE', 'Content-Length: 2'), 400, '{}'],
    ['OPTIONS from elsewhere', other('OPTIONS', TICKETS, 'Origin: http://evil', 'Access-Control-Request-Method: POST'), 204],
    ['OPTIONS with a body that is no JSON', other('OPTIONS', TICKETS, JSON_TYPE, 'Content-Length: 5'), 400, '{{{{{'],
    ['GET with a body in chunks', get(VENUES, 'Transfer-Encoding: chunked'), 200, '5\r\n{{{{{\r\n0\r\n\r\n'],
    // Where a body ends.
    ['two codings of a body', post('Transfer-Encoding: chunked, identity'), 400, '0\r\n\r\n'],
    ['a coding named twice', post('Transfer-Encoding: chunked', 'Transfer-Encoding: chunked'), 400, '0\r\n\r\n'],
    ['a coding with a space before its colon', post('Transfer-Encoding : chunked'), 400, '0\r\n\r\n'],
    ['a coding behind a vertical tab', post('Transfer-Encoding: \x0bchunked'), 400, '0\r\n\r\n'],
    ['a length with a sign', post('Content-Length: +5'), 400, '12345'],
    ['a list of equal lengths', post('Content-Length: 5, 5'), 400, '12345'],
    ['one length twice', post('Content-Length: 5', 'Content-Length: 5'), 400, '12345'],
    ['a length beyond 2^64', post('Content-Length: 99999999999999999999'), 400, '{}'],
    ['a length beyond 2^53', post('Content-Length: 9007199254740993'), 413, '{}'],
    ['a chunk beyond 2^64', post('Transfer-Encoding: chunked'), 400, 'ffffffffffffffffff\r\n{}'],
    ['a chunk that is shorter than it says', post('Transfer-Encoding: chunked'), 400, '5\r\n{}\r\n0\r\n\r\n'],
    ['20,000 letters beside a chunk', post('Transfer-Encoding: chunked'), 400, `2;${'x'.repeat(20_000)}\r\n{}\r\n0\r\n\r\n`],
    ['a key behind the body', post('Transfer-Encoding: chunked'), 400, '2\r\n{}\r\n0\r\nIdempotency-Key: a b\r\n\r\n'],
    ['5,000 headers behind the body', post('Transfer-Encoding: chunked'), 431, `2\r\n{}\r\n0\r\n${'A: b\r\n'.repeat(5000)}\r\n`],
    [
      '14,000 semicolons in a type',
      post('Content-Length: 2').map((line) => line.replace(/json$/, `json${';'.repeat(14_000)}x`)),
      400,
      '{}',
    ],
    // Headers of ours.
    ['an empty key before another', post('Idempotency-Key:', 'Idempotency-Key: a', wishLength), 400, wish],
    ['an origin that is none, with a cookie', post('Cookie: \x80', 'Origin: http://[', wishLength), 400, wish],
    ['a trace of 5,000 letters', post(`traceparent: 00-${'f'.repeat(5000)}`, wishLength), 400, wish],
    ['a position beyond what a number holds', get(VENUES, 'Onsale-After: 0-9999999999999999'), 400],
    ['a position below zero', get(VENUES, 'Onsale-After: 0--1'), 400],
    ['a position of a shard that is not there, at its beginning', get(VENUES, 'Onsale-After: __proto__-0'), 200],
    ['15,000 commas for positions', get(VENUES, `Onsale-After: ${','.repeat(15_000)}`), 400],
    ['two last ids', get(STREAM, 'Last-Event-ID: 1', 'Last-Event-ID: 2'), 400],
    ['a last id that is none, to HEAD', other('HEAD', STREAM, 'Last-Event-ID: x'), 400],
    ['7,000 tags', get('/query/api/v1/events/Play/zones/1/seats', `If-None-Match: ${'",'.repeat(7000)}`), 200],
    ['a range', get(VENUES, 'Range: bytes=0-1'), 200],
    ['2,000 headers', get('/health', ...Array<string>(2000).fill('A: b')), 431],
    ['a host that is a script', get(VENUES, 'Accept: text/html').map((line) => line.replace('Host: x', 'Host: "><script>')), 200],
  ])('%s', async (_, head, status, body) => {
    const answer = await sendRaw(onsale.url, head, body)
    expect(answer?.status, answer?.text).toBe(status)
  })
})

it('CONNECT gets no connection', async () => {
  expect(await sendRaw(onsale.url, other('CONNECT', 'x:443'))).toBe(null)
})

it('200 live streams by one address keep nobody from buying', async () => {
  const lives: Live[] = await Promise.all(Array.from({ length: 200 }, () => openLive(onsale.url, 'Play')))
  const refused = await onsale.buy(JSON.parse(wish) as object)
  expect(refused.status).toBe(400)
  for (const live of lives) {
    await live.heard('a snapshot', (messages) => messages.length > 0)
    live.close()
  }
})

it('all this sold nothing', async () => {
  await onsale.settle()
  expect(await onsale.read<Ticket[]>('/query/api/v1/tickets')).toEqual([])
  const ledger = await onsale.platform.adapters.ledger()
  expect((await ledger.ends()).map(({ head }) => head)).toEqual([0])
})
