/** Whatever is asked that cannot be answered: a 4xx problem that names what is wrong. */
import { afterAll, expect, it } from 'vitest'
import { problem } from '../../test/answer.ts'
import { event, HALL } from '../../test/house.ts'
import { startTestPlatform, type TestPlatform } from '../../test/platform.ts'

const onsale: TestPlatform = await startTestPlatform({ house: { venues: [HALL], events: [event('Play')] } })
afterAll(() => onsale.stop())

const cursor = (place: unknown) => `cursor=${Buffer.from(JSON.stringify(place)).toString('base64url')}`
const long = 'x'.repeat(101)

it.each<[path: string, fields: string[]]>([
  ...['0', '-1', '201', '1.5', 'abc', '', '1e309', 'NaN', '0x10', '50;', '%00'].map((limit): [string, string[]] => [
    `tickets?limit=${limit}`,
    ['limit'],
  ]),
  ['events?limit=0', ['limit']],
  ['venues?limit=201', ['limit']],
  ['tickets?limit=1&limit=2', ['limit']],
  ...['x', '', '%7B%7D', '%00', '!!!!'].map((text): [string, string[]] => [`tickets?cursor=${text}`, ['cursor']]),
  [`tickets?${cursor([])}`, ['cursor']],
  [`tickets?${cursor([1, 2])}`, ['cursor']],
  [`tickets?${cursor(['1'])}`, ['cursor']],
  [`tickets?${cursor([null])}`, ['cursor']],
  [`tickets?${cursor({ 0: 1, length: 1 })}`, ['cursor']],
  [`tickets?${cursor('__proto__')}`, ['cursor']],
  [`tickets?cursor=${'A'.repeat(201)}`, ['cursor']],
  [`events?${cursor([1, 'Play'])}`, ['cursor']],
  [`venues?${cursor([1])}`, ['cursor']],
  ['tickets?status=paid', ['status']],
  ['tickets?status=', ['status']],
  ['tickets?status=PAID&status=PAID', ['status']],
  ['tickets?eventId=', ['eventId']],
  ['tickets?eventId=Play&eventId=Fair', ['eventId']],
  [`tickets?venueId=${long}`, ['venueId']],
  ...[
    'yesterday',
    '',
    '2026-13-01T00:00:00Z',
    '2026-02-30T00:00:00Z',
    '2026-01-01',
    '2026-01-01T00:00:00',
    '1767225600',
    '2016-12-31T23:59:60Z',
    '2026-01-01T24:00:00Z',
    '2026-01-01T00:00:00%2B99:99',
    '%00',
  ].map((time): [string, string[]] => [`tickets?from=${time}`, ['from']]),
  ['tickets?to=2016-12-31T23:59:60Z&from=x', ['from', 'to']],
  ['events?from=2016-12-31T23:59:60Z', ['from']],
  ['events?to=tomorrow', ['to']],
  [`events?q=${'x'.repeat(201)}`, ['q']],
  [`events?type=${'x'.repeat(61)}`, ['type']],
  ['sales?by=seat', ['by']],
  ['sales?by=', ['by']],
  ['sales?by=zone,', ['by']],
  ['sales?by=__proto__', ['by']],
  ['sales?by=zone&by=row', ['by']],
  ['tickets?limit=0&status=x&from=y', ['limit', 'status', 'from']],
  ['tickets?unknown=1&__proto__=2&constructor=3&toString=4', ['unknown', '__proto__', 'constructor', 'toString']],
  ['tickets??&&==', ['?', 'querystring']],
  ['tickets?eventID=Play&limit=0', ['eventID', 'limit']],
  ['events?query=x', ['query']],
  ['sales?from=2026-01-01T00:00:00Z', ['from']],
  ['venues?q=Hall', ['q']],
  [`tickets/${long}`, ['ticketId']],
  [`events/${long}`, ['eventId']],
  [`tickets/revenue/${long}/${long}`, ['venueId', 'eventId']],
  ...['0', '-1', '1.5', 'x', '1e309', '1000001', '%00', '1%20OR%201=1'].map((zone): [string, string[]] => [
    `events/Play/zones/${zone}/seats`,
    ['zoneId'],
  ]),
])('%s', async (path, fields) => {
  const answer = await onsale.get(`/query/api/v1/${path}`)
  expect([answer.status, problem(answer).code], answer.text).toEqual([400, 'bad-input'])
  expect(
    problem(answer)
      .errors?.map(({ field }) => field)
      .sort(),
    answer.text,
  ).toEqual(fields.toSorted())
})

it('a parameter that is not known is told, and where those that are can be found', async () => {
  const answer = await onsale.get('/query/api/v1/venues?q=Hall')
  expect(problem(answer).errors).toEqual([{ field: 'q', message: 'is not known here; /docs has those that are' }])
})

it.each([
  `tickets?${cursor([1e308])}`,
  `tickets?${cursor([-1.5])}`,
  `events?${cursor(['zzz', "' or 1=1"])}`,
  `venues?${cursor(['\ud800'])}`,
  'tickets?from=2026-01-01T00:00:00Z&to=2025-01-01T00:00:00Z',
  'tickets?from=0000-01-01T00:00:00Z',
  'tickets?from=2026-01-01t00:00:00z',
  'tickets?from=2026-01-01+00:00:00Z',
  'tickets?from=9999-12-31T23:59:59-23:59',
  'tickets?eventId=__proto__',
  'events?q=%00',
  'events?q=%F0%9F%8E%9F&type=%00',
  'sales?by=zone,zone,row,row',
])('is answered, however strange: %s', async (path) => {
  expect((await onsale.get(`/query/api/v1/${path}`)).status).toBe(200)
})

it.each<[path: string, status: number, code: string]>([
  ['events/%', 400, 'bad-request'],
  ['events/%zz', 400, 'bad-request'],
  ['events/%ff', 400, 'bad-request'],
  ['events/%c0%ae', 400, 'bad-request'],
  ['events/%ED%A0%80', 400, 'bad-request'],
  [`events/${'x'.repeat(901)}`, 414, 'uri-too-long'],
  [`events/${'x'.repeat(14_000)}`, 414, 'uri-too-long'],
  ['events//', 404, 'route-not-found'],
  ['events/Play/', 404, 'route-not-found'],
  ['events/Play/zones//seats', 400, 'bad-input'],
  ['tickets/', 400, 'bad-input'],
])('a path that is none: %s', async (path, status, code) => {
  const answer = await onsale.get(`/query/api/v1/${path}`)
  expect([answer.status, problem(answer).code], answer.text).toEqual([status, code])
})
