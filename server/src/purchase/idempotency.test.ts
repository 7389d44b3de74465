/** Idempotency-Key over HTTP: the same key and the same JSON get the first answer, whatever happens in between. */

import { rm } from 'node:fs/promises'
import type { SoldTicket, SoldTickets } from '@onsale/contract/tickets'
import { afterAll, expect, it } from 'vitest'
import { type Answer, problem } from '../../test/answer.ts'
import { TICKETS } from '../../test/client.ts'
import { BARN, event, HALL } from '../../test/house.ts'
import { startTestPlatform, type TestPlatform, temporaryFolder } from '../../test/platform.ts'

const dataDir = await temporaryFolder()
let onsale: TestPlatform = await startTestPlatform({
  dataDir,
  house: {
    venues: [HALL, BARN],
    events: [
      ...['Play', 'Race', 'Kept', 'Best', 'Closed'].map((id) => event(id)),
      event('Small', { venueId: 'Barn', zones: [{ zoneId: 1, price: 1 }] }),
    ],
  },
})
afterAll(async () => {
  await onsale.stop()
  await rm(dataDir, { recursive: true })
})

const seat = (row: string, column: number, eventId = 'Play') => ({ venueId: 'Hall', eventId, zoneId: 1, row, column })
const withKey = (key: string, wish: object) => onsale.buy({ ...wish }, { 'idempotency-key': key })
const replayed = (answer: Answer) => answer.headers['idempotency-replayed']

/** The same answer byte for byte, marked as a repeat. */
function expectReplay(again: Answer, first: Answer): void {
  expect(again.status, again.text).toBe(201)
  expect(again.text).toBe(first.text)
  for (const name of ['location', 'onsale-position', 'content-type'] as const) expect(again.headers[name], name).toBe(first.headers[name])
  expect(replayed(again)).toBe('true')
}

it('answers a repeat with the first answer, byte for byte, and sells nothing more', async () => {
  const first = await withKey('one', seat('A', 1))
  expect([first.status, replayed(first)]).toEqual([201, undefined])
  for (let i = 0; i < 3; i++) expectReplay(await withKey('one', seat('A', 1)), first)
  await onsale.settle()
  expect(await onsale.read('/query/api/v1/tickets/count/Play')).toEqual({ eventId: 'Play', count: 1 })
})

it('answers a repeat of a list and of the best available with the same seats', async () => {
  for (const wish of [
    { venueId: 'Hall', eventId: 'Best', quantity: 3 },
    { venueId: 'Hall', eventId: 'Best', seats: [{ zoneId: 3, row: 'B', column: 2 }] },
  ]) {
    const key = JSON.stringify(wish).slice(0, 60).replaceAll(' ', '')
    const first = await withKey(key, wish)
    expect(first.status, first.text).toBe(201)
    expectReplay(await withKey(key, wish), first)
  }
})

it('takes the same JSON in another order and spacing for the same', async () => {
  const first = await withKey('order', seat('A', 2))
  const body = '{ "column":2, "row":"A",\n"zoneId":1.0, "eventId":"\\u0050lay", "venueId":"Hall" }'
  expectReplay(
    await onsale.request('POST', TICKETS, { body, headers: { 'content-type': 'application/json', 'idempotency-key': 'order' } }),
    first,
  )
})

it('answers a repeat through the other lane alike', async () => {
  const first = await withKey('lane', seat('A', 3))
  const again = await onsale.request('POST', TICKETS, { json: seat('A', 3), chunked: true, headers: { 'idempotency-key': 'lane' } })
  expectReplay(again, first)
})

it.each([
  ['another seat', { column: 5 }],
  ['the same seat in other words', { column: '4' }],
  ['a field that is ignored', { note: 'please' }],
  ['a field fewer', { column: undefined, quantity: 1 }],
])('refuses the key for other JSON: %s', async (_, change) => {
  const first = await withKey('other', seat('A', 4))
  expect(first.status).toBe(201)
  const answer = await withKey('other', { ...seat('A', 4), ...change })
  expect([answer.status, problem(answer).code], answer.text).toEqual([422, 'idempotency-key-reused'])
})

it('lets one of two at the same moment act, and gives both its answer', async () => {
  for (const column of [1, 2, 3, 4, 5, 6]) {
    const answers = await Promise.all(Array.from({ length: 8 }, () => withKey(`race-${column}`, seat('A', column, 'Race'))))
    expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1)
    expect(answers[0]?.status).toBe(201)
    expect(answers.filter((answer) => replayed(answer) === undefined)).toHaveLength(1)
  }
  const best = await Promise.all(Array.from({ length: 8 }, () => withKey('race-best', { venueId: 'Hall', eventId: 'Race', quantity: 2 })))
  expect(new Set(best.map(({ text }) => text)).size).toBe(1)
  await onsale.settle()
  expect(await onsale.read('/query/api/v1/tickets/count/Race')).toEqual({ eventId: 'Race', count: 8 })
})

it('does not keep a refusal: asked again, it is decided anew', async () => {
  const bad = await withKey('anew', seat('Z', 1))
  expect(bad.status).toBe(400)
  const taken = await withKey('anew', seat('A', 1))
  expect([taken.status, problem(taken).code]).toEqual([409, 'seat-occupied'])
  const sold = await withKey('anew', seat('B', 1))
  expect([sold.status, replayed(sold)]).toEqual([201, undefined])
})

it('gives the first answer even when the wish would now be refused', async () => {
  const wish = { venueId: 'Barn', eventId: 'Small', quantity: 6 }
  const first = await withKey('all-of-it', wish)
  expect(first.json<SoldTickets>().tickets).toHaveLength(6)
  expect((await onsale.buy({ ...wish, quantity: 1 })).status).toBe(409)
  expectReplay(await withKey('all-of-it', wish), first)

  const named = await withKey('closed', seat('C', 1, 'Closed'))
  const sql = await onsale.platform.adapters.sql()
  await sql.db
    .updateTable('events')
    .set({ sale_ends_at: new Date(0).toISOString() })
    .where('event_id', '=', 'Closed')
    .execute()
  await sql.db
    .updateTable('catalogue')
    .set((eb) => ({ version: eb('version', '+', 1) }))
    .execute()
  await onsale.buy({ ...seat('A', 1), eventId: 'Nothing' }) // an unknown event makes the catalogue look for news
  expect(problem(await onsale.buy(seat('C', 2, 'Closed'))).code).toBe('event-not-on-sale')
  expectReplay(await withKey('closed', seat('C', 1, 'Closed')), named)
})

it('takes keys of 1 to 200 visible ASCII characters', async () => {
  const keys = ['!', '~', '"quoted"', 'k'.repeat(200), 'a,b;c=d/e?f']
  for (const [i, key] of keys.entries()) {
    const first = await withKey(key, seat('D', i + 1))
    expect(first.status, first.text).toBe(201)
    expectReplay(await withKey(key, seat('D', i + 1)), first)
  }
})

it('remembers after a restart', async () => {
  const first = await withKey('restart', seat('A', 1, 'Kept'))
  const ticket = first.json<SoldTicket>()
  await onsale.stop()
  onsale = await startTestPlatform({ dataDir })
  expectReplay(await withKey('restart', seat('A', 1, 'Kept')), first)
  expect((await withKey('restart', seat('A', 2, 'Kept'))).status).toBe(422)
  expect(await onsale.read(`/query/api/v1/tickets/${ticket.ticketId}`, String(first.headers['onsale-position']))).toMatchObject({
    row: 'A',
    column: '1',
  })
})
