/** Whatever is sent to buy a seat that cannot mean one: a 4xx problem that names the field, and nothing changes. */
import type { EventDetail, ZoneSeats } from '@onsale/contract/events'
import type { Sales } from '@onsale/contract/sales'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { problem } from '../../test/answer.ts'
import { type Headers, TICKETS } from '../../test/client.ts'
import { BARN, event, HALL } from '../../test/house.ts'
import { throughEveryLane } from '../../test/lanes.ts'
import { startTestPlatform, type TestPlatform } from '../../test/platform.ts'

const onsale: TestPlatform = await startTestPlatform({ house: { venues: [HALL, BARN], events: [event('Play')] } })
afterAll(() => onsale.stop())

const good = { venueId: 'Hall', eventId: 'Play', zoneId: 1, row: 'A', column: '1' }
const goodText = JSON.stringify(good)
/** The good wish with some fields changed; `undefined` takes a field away. */
const but = (change: object) => JSON.stringify({ ...good, ...change })
/** The good wish with a field written as text that JSON.stringify would not write. */
const written = (field: keyof typeof good, text: string) => goodText.replace(JSON.stringify(good[field]), text)
const best = (change: object) => JSON.stringify({ venueId: 'Hall', eventId: 'Play', quantity: 2, ...change })
const list = (...seats: unknown[]) => JSON.stringify({ venueId: 'Hall', eventId: 'Play', seats })
const first = { zoneId: 1, row: 'A', column: 1 }

async function state() {
  await onsale.settle()
  return {
    ends: await (await onsale.platform.adapters.ledger()).ends(),
    sales: await onsale.read<Sales>('/query/api/v1/sales?by=event,venue,zone,row,column'),
    event: await onsale.read<EventDetail>('/query/api/v1/events/Play'),
    tickets: await onsale.read<unknown[]>('/query/api/v1/tickets'),
    seats: await Promise.all([1, 2, 3].map((zone) => onsale.read<ZoneSeats>(`/query/api/v1/events/Play/zones/${zone}/seats`))),
  }
}
const trimmed = ({ ends, ...rest }: Awaited<ReturnType<typeof state>>) => ({ ...rest, heads: ends.map(({ head }) => head) })

let before: Awaited<ReturnType<typeof state>>
beforeAll(async () => {
  expect((await onsale.buy({ ...good, column: '6' })).status).toBe(201)
  before = await state()
})
afterAll(async () => expect(trimmed(await state())).toEqual(trimmed(before)))

const fields = (body: string | undefined) =>
  (JSON.parse(body ?? '{}') as { errors?: { field: string }[] }).errors?.map(({ field }) => field)

describe('a field that does not fit is named, by both lanes alike', () => {
  it.each<[what: string, body: string, fields: string[]]>([
    ['an empty object', '{}', ['venueId', 'eventId']],
    ['an array', '[]', ['body']],
    ['an array around the wish', `[${goodText}]`, ['body']],
    ['a text', '"buy"', ['body']],
    ['a number', '1', ['body']],
    ['null', 'null', ['body']],
    ['true', 'true', ['body']],
    ['no venue', but({ venueId: undefined }), ['venueId']],
    ['no event', but({ eventId: undefined }), ['eventId']],
    ['no zone', but({ zoneId: undefined }), ['zoneId']],
    ['no row', but({ row: undefined }), ['row']],
    ['no column', but({ column: undefined }), ['column']],
    ['a venue as a number', but({ venueId: 1 }), ['venueId']],
    ['an event as null', but({ eventId: null }), ['eventId']],
    ['an event as an object', but({ eventId: { toString: 'Play' } }), ['eventId']],
    ['an event as an array', but({ eventId: ['Play'] }), ['eventId']],
    ['an empty event', but({ eventId: '' }), ['eventId']],
    ['an event of 101 letters', but({ eventId: 'x'.repeat(101) }), ['eventId']],
    ['a zone as a text', but({ zoneId: '1' }), ['zoneId']],
    ['zone 0', but({ zoneId: 0 }), ['zoneId']],
    ['zone -0', written('zoneId', '-0'), ['zoneId']],
    ['zone 1.5', but({ zoneId: 1.5 }), ['zoneId']],
    ['zone 1e309', written('zoneId', '1e309'), ['zoneId']],
    ['zone 2^53', but({ zoneId: 2 ** 53 }), ['zoneId']],
    ['a zone as a boolean', but({ zoneId: true }), ['zoneId']],
    ['a row as a number', but({ row: 1 }), ['row']],
    ['a row in digits', but({ row: '1' }), ['row']],
    ['an empty row', but({ row: '' }), ['row']],
    ['a row of four letters', but({ row: 'AAAA' }), ['row']],
    ['a row with a space', but({ row: ' A' }), ['row']],
    ['a row with a line end', but({ row: 'A\n' }), ['row']],
    ['a row with NUL', but({ row: 'A\0' }), ['row']],
    ['a row in Cyrillic', but({ row: 'А' }), ['row']],
    ['a row in fullwidth letters', but({ row: 'Ａ' }), ['row']],
    ['a row that grows in upper case', but({ row: 'ß' }), ['row']],
    ['a row as an emoji', but({ row: '🎟' }), ['row']],
    ['a row that is half an emoji', written('row', '"\\ud83c"'), ['row']],
    ['column 0', but({ column: 0 }), ['column']],
    ['column "0"', but({ column: '0' }), ['column']],
    ['column "01"', but({ column: '01' }), ['column']],
    ['column -1', but({ column: -1 }), ['column']],
    ['column 1.5', but({ column: 1.5 }), ['column']],
    ['column "1.0"', but({ column: '1.0' }), ['column']],
    ['column "1e0"', but({ column: '1e0' }), ['column']],
    ['column "0x1"', but({ column: '0x1' }), ['column']],
    ['column " 1"', but({ column: ' 1' }), ['column']],
    ['column "١" in Arabic digits', but({ column: '١' }), ['column']],
    ['column 1e309', written('column', '1e309'), ['column']],
    ['column null', but({ column: null }), ['column']],
    ['column [1]', but({ column: [1] }), ['column']],
    ['column {}', but({ column: {} }), ['column']],
    ['a column beyond the row', but({ column: 7 }), ['column']],
    ['a column beyond every row', but({ column: '99999' }), ['column']],
    [
      'everything wrong at once',
      but({ venueId: 1, eventId: null, zoneId: 'x', row: 7, column: false }),
      ['venueId', 'eventId', 'zoneId', 'row', 'column'],
    ],
    ['every bound crossed at once', but({ row: 'Z', column: 10_000 }), ['row', 'column']],
    ['a seat and a quantity', but({ quantity: 1 }), ['column', 'quantity']],
    ['a seat and a price limit', but({ maxPrice: 10_000, accessible: true }), ['maxPrice', 'accessible']],
    ['quantity 0', best({ quantity: 0 }), ['quantity']],
    ['quantity -0', '{"venueId":"Hall","eventId":"Play","quantity":-0}', ['quantity']],
    ['quantity 101', best({ quantity: 101 }), ['quantity']],
    ['quantity 11 where 10 are the most', best({ quantity: 11 }), ['quantity']],
    ['quantity "2"', best({ quantity: '2' }), ['quantity']],
    ['maxPrice -1', best({ maxPrice: -1 }), ['maxPrice']],
    ['maxPrice 0.5', best({ maxPrice: 0.5 }), ['maxPrice']],
    ['maxPrice -1e309', '{"venueId":"Hall","eventId":"Play","quantity":2,"maxPrice":-1e309}', ['maxPrice']],
    ['accessible "true"', best({ accessible: 'true' }), ['accessible']],
    ['accessible 1', best({ accessible: 1 }), ['accessible']],
    ['a row without its zone', best({ row: 'A' }), ['row']],
    ['an empty list', list(), ['seats']],
    ['a list that is an object', JSON.stringify({ venueId: 'Hall', eventId: 'Play', seats: { 0: first, length: 1 } }), ['seats']],
    ['a list of 101', list(...Array.from({ length: 101 }, () => first)), ['seats']],
    ['a list with a hole', list(first, null), ['seats[1]']],
    ['a list of names', list('A1'), ['seats[0]']],
    ['a list with two bad seats', list({ zoneId: 1, row: 'A' }, { ...first, row: 3 }), ['seats[0].column', 'seats[1].row']],
    ['a list over two zones', list(first, { ...first, zoneId: 3 }), ['seats[1].zoneId']],
    ['a list with a seat twice', list(first, { ...first, row: 'a', column: '1' }), ['seats[1]']],
    [
      'an own field __proto__ in place of the fields',
      '{"__proto__":{"venueId":"Hall","eventId":"Play","zoneId":1,"row":"A","column":1}}',
      ['venueId', 'eventId'],
    ],
    ['a row inherited by a field constructor', but({ row: undefined, constructor: { prototype: { row: 'A' } } }), ['row']],
    ['a duplicate field whose last value is bad', `${goodText.slice(0, -1)},"row":"9"}`, ['row']],
  ])('%s', async (_, body, at) => {
    const answer = await throughEveryLane(onsale, body)
    expect(answer.status, answer.text).toBe(400)
    expect(problem(answer).code).toBe('bad-input')
    expect(fields(answer.text)).toEqual(at)
  })
})

describe('ids that name nothing are told as such, by both lanes alike', () => {
  const strange = [
    '__proto__',
    'constructor',
    'toString',
    'hasOwnProperty',
    'play',
    'Play ',
    'Play\0',
    '../Play',
    "' or 1=1 --",
    '%50lay',
    'Пьеса',
    '\u202ePlay',
    'x'.repeat(100),
  ]
  it.each([
    ...strange.map((id): [string, string, string] => [`event ${JSON.stringify(id)}`, but({ eventId: id }), 'unknown-event']),
    ...strange.map((id): [string, string, string] => [`venue ${JSON.stringify(id)}`, but({ venueId: id }), 'unknown-venue']),
    ['an event that is half an emoji', written('eventId', '"\\ud83c"'), 'unknown-event'],
    ['zone 4', but({ zoneId: 4 }), 'unknown-zone'],
    ['zone 1000000', but({ zoneId: 1_000_000 }), 'unknown-zone'],
  ])('%s', async (_, body, code) => {
    const answer = await throughEveryLane(onsale, body)
    expect(answer.status, answer.text).toBe(404)
    expect(problem(answer).code).toBe(code)
  })

  it('an event at another venue', async () => {
    const answer = await throughEveryLane(onsale, but({ venueId: 'Barn' }))
    expect(answer.status).toBe(400)
    expect(problem(answer)).toMatchObject({ code: 'event-not-at-venue', venue: 'Hall', errors: [{ field: 'venueId' }] })
  })
})

describe('what is no JSON is refused as malformed, by both lanes alike', () => {
  it.each<[what: string, body: string | Buffer]>([
    ['half an object', goodText.slice(0, -3)],
    ['one object after another', goodText + goodText],
    ['single quotes', goodText.replaceAll('"', "'")],
    ['a trailing comma', `${goodText.slice(0, -1)},}`],
    ['a comment', `/* buy */${goodText}`],
    ['NaN', written('zoneId', 'NaN')],
    ['Infinity', written('zoneId', 'Infinity')],
    ['a number in hexadecimal', written('zoneId', '0x1')],
    ['a number with a leading zero', written('zoneId', '01')],
    ['undefined', 'undefined'],
    ['a line end inside a text', written('row', '"A\n"')],
    ['a byte order mark', `\ufeff${goodText}`],
    ['UTF-16', Buffer.from(goodText, 'utf16le')],
    ['NUL bytes', Buffer.alloc(32)],
    ['a form', 'venueId=Hall&eventId=Play'],
    ['a gzip without its Content-Encoding', Buffer.from('1f8b0800000000000003', 'hex')],
    ['only spaces', '   '],
    ['deep nesting that never ends', '['.repeat(50_000)],
  ])('%s', async (_, body) => {
    const answer = await throughEveryLane(onsale, body)
    expect(answer.status, answer.text).toBe(400)
    expect(problem(answer)).toMatchObject({ code: 'malformed-json', errors: [{ field: 'body' }] })
  })

  it('bytes that are not UTF-8', async () => {
    const answer = await throughEveryLane(onsale, Buffer.from(written('eventId', '"\xff\xfe"'), 'latin1'))
    expect(problem(answer)).toMatchObject({ code: 'malformed-json', errors: [{ field: 'body', message: 'is not UTF-8' }] })
  })
})

describe('depth', () => {
  const deep = (depth: number) => '['.repeat(depth) + ']'.repeat(depth)

  it('is a wrong body when it is the body', async () => {
    expect(fields((await throughEveryLane(onsale, deep(30_000))).text)).toEqual(['body'])
  })

  it('does not hide what is wrong beside it', async () => {
    expect(fields((await throughEveryLane(onsale, `${but({ row: '1' }).slice(0, -1)},"more":${deep(30_000)}}`)).text)).toEqual(['row'])
  })

  it('is refused where the whole body counts, with a key', async () => {
    const answer = await throughEveryLane(onsale, `${goodText.slice(0, -1)},"more":${deep(30_000)}}`, { 'idempotency-key': 'deep' })
    expect([answer.status, problem(answer).code], answer.text).toEqual([400, 'bad-input'])
  })
})

describe('size and type of the body', () => {
  const padded = (bytes: number) => but({ more: 'x'.repeat(bytes - goodText.length - ',"more":""'.length), row: '1' })

  it('takes 64 KiB and looks into them', async () => {
    const body = padded(64 * 1024)
    expect(body).toHaveLength(64 * 1024)
    expect(fields((await throughEveryLane(onsale, body)).text)).toEqual(['row'])
  })

  it('refuses a byte more', async () => {
    const answer = await throughEveryLane(onsale, padded(64 * 1024 + 1))
    expect([answer.status, problem(answer).code]).toEqual([413, 'body-too-large'])
  })

  it.each<[what: string, headers: Headers]>([
    ['no type', {}],
    ['text/plain', { 'content-type': 'text/plain' }],
    ['a form', { 'content-type': 'application/x-www-form-urlencoded' }],
    ['multipart', { 'content-type': 'multipart/form-data; boundary=x' }],
    ['XML', { 'content-type': 'application/xml' }],
    ['a longer name', { 'content-type': 'application/jsonx' }],
    ['a list of types', { 'content-type': 'text/plain, application/json' }],
    ['nonsense', { 'content-type': ';;;' }],
    ['a compressed body', { 'content-type': 'application/json', 'content-encoding': 'gzip' }],
  ])('refuses another type with 415: %s', async (_, headers) => {
    for (const chunked of [false, true]) {
      const answer = await onsale.request('POST', TICKETS, { body: goodText, headers, chunked })
      expect([answer.status, problem(answer).code], answer.text).toEqual([415, 'unsupported-media-type'])
    }
  })

  it('refuses a post without any body', async () => {
    for (const headers of [{}, { 'content-type': 'application/json' }] as Headers[]) {
      const answer = await onsale.request('POST', TICKETS, { headers: { ...headers, 'content-length': '0' } })
      expect(answer.status, answer.text).toBe(400)
      expect(fields(answer.text)).toEqual(['body'])
    }
  })
})

describe('an Idempotency-Key that is none is refused, by both lanes alike', () => {
  it.each<[what: string, key: string | string[]]>([
    ['empty', ''],
    ['with a space', 'two words'],
    ['201 characters', 'k'.repeat(201)],
    ['not ASCII', 'schl\xfcssel'],
    ['with a tab', 'a\tb'],
    ['twice', ['one', 'two']],
    ['the same twice', ['one', 'one']],
  ])('%s', async (_, key) => {
    const answer = await throughEveryLane(onsale, goodText, { 'idempotency-key': key })
    expect(answer.status, answer.text).toBe(400)
    expect(fields(answer.text)).toEqual(['Idempotency-Key'])
  })
})

describe('a cookie from another site', () => {
  const cookie = { cookie: 'onsale_session=x' }
  it.each<[what: string, headers: Headers]>([
    ['without any origin', cookie],
    ['from another origin', { ...cookie, origin: 'https://evil.example' }],
    ['from an origin that is none', { ...cookie, origin: 'null' }],
    ['from an origin that begins like ours', { ...cookie, origin: 'http://127.0.0.1.evil.example' }],
    ['from another site, as the browser says', { ...cookie, 'sec-fetch-site': 'cross-site' }],
    ['from a sibling site', { ...cookie, 'sec-fetch-site': 'same-site' }],
  ])('changes nothing: %s', async (_, headers) => {
    const answer = await throughEveryLane(onsale, goodText, headers)
    expect([answer.status, problem(answer).code]).toEqual([403, 'bad-origin'])
  })
})
