/** Read your writes: a read that names a position reflects it, or says that it cannot yet. */
import type { EventDetail } from '@onsale/contract/events'
import type { Ticket } from '@onsale/contract/tickets'
import { afterAll, expect, it } from 'vitest'
import { problem } from '../../test/answer.ts'
import { event, HALL } from '../../test/house.ts'
import { startTestPlatform, type TestPlatform } from '../../test/platform.ts'
import { openSeatPath } from '../../test/seat-path.ts'
import { watchPositions } from './positions.ts'

const onsale: TestPlatform = await startTestPlatform({ house: { venues: [HALL], events: [event('Play')] } })
afterAll(() => onsale.stop())

const COUNT = '/query/api/v1/tickets/count/Play'
const ahead = (token: string, by: number) => token.replace(/\d+$/, (position) => String(Number(position) + by))

async function buy(): Promise<{ path: string; token: string }> {
  const answer = await onsale.buy({ venueId: 'Hall', eventId: 'Play', zoneId: 3, quantity: 1 })
  expect(answer.status, answer.text).toBe(201)
  return { path: String(answer.headers.location), token: String(answer.headers['onsale-position']) }
}

it('shows a buyer what was bought, every time, without waiting', async () => {
  for (let i = 1; i <= 50; i++) {
    const { path, token } = await buy()
    const [ticket, count, detail] = await Promise.all([
      onsale.read<Ticket>(path, token),
      onsale.read<{ count: number }>(COUNT, token),
      onsale.read<EventDetail>('/query/api/v1/events/Play', token),
    ])
    expect([path, count.count, detail.sold]).toEqual([`/query/api/v1/tickets/${ticket.ticketId}`, i, i])
  }
})

it('says in every answer which position it reflects, and takes that back', async () => {
  const { token } = await buy()
  const answer = await onsale.get(COUNT, { 'onsale-after': token })
  const reflected = String(answer.headers['onsale-position'])
  expect(Number(reflected.split('-').at(-1))).toBeGreaterThanOrEqual(Number(token.split('-').at(-1)))
  await onsale.read(COUNT, reflected)
})

it('takes several tokens, joined by commas or in several headers', async () => {
  const [one, two] = [await buy(), await buy()]
  for (const tokens of [`${one.token},${two.token}`, `${one.token} , ${two.token}`]) await onsale.read(two.path, tokens)
  const answer = await onsale.get(two.path, { 'onsale-after': [one.token, two.token] })
  expect(answer.status).toBe(200)
})

it('waits for a position that is yet to come', async () => {
  const { token } = await buy()
  const early = onsale.get(COUNT, { 'onsale-after': ahead(token, 2) })
  await buy()
  const { path } = await buy()
  expect((await early).status).toBe(200)
  await onsale.read(path, ahead(token, 2))
})

it('says 503 with Retry-After when a position does not come within 2 seconds', async () => {
  const { token } = await buy()
  const asked = [ahead(token, 1_000_000), `${token},${ahead(token, 99)}`, 'elsewhere-1'].map(async (after) => {
    const began = performance.now()
    const answer = await onsale.get(COUNT, { 'onsale-after': after })
    expect([answer.status, problem(answer).code, answer.headers['retry-after']], answer.text).toEqual([503, 'not-caught-up', '1'])
    expect(performance.now() - began).toBeGreaterThan(1900)
    expect(performance.now() - began).toBeLessThan(4000)
  })
  await Promise.all(asked)
})

it.each([
  '',
  ',',
  '0',
  '0-',
  '-1',
  '0--1',
  '0-1.5',
  '0-x',
  'x',
  '0-1,',
  ',0-1',
  '0-1;0-2',
  '0-1 0-2',
  '0-9999999999999999',
  `${'s'.repeat(65)}-1`,
  'ü-1',
  '0-0x1',
  Array(21).fill('0-1').join(),
])('refuses nonsense: "%s"', async (after) => {
  const answer = await onsale.get(COUNT, { 'onsale-after': after })
  expect(answer.status, answer.text).toBe(400)
  expect(problem(answer)).toMatchObject({ code: 'bad-position', errors: [{ field: 'Onsale-After' }] })
})

it('needs no position where nothing was ever sold', async () => {
  const empty = await startTestPlatform({ house: { venues: [HALL], events: [event('Play')] } })
  const answer = await empty.get(COUNT)
  expect(answer.json()).toEqual({ eventId: 'Play', count: 0 })
  expect(answer.headers['onsale-position']).toBeUndefined()
  await empty.stop()
})

it('refuses a reader while 500 are waiting, and only those who would have to wait', async () => {
  await using path = await openSeatPath({ venues: [HALL], events: [event('Play')] })
  const { reach } = watchPositions(path.sql)
  const sell = () => path.ask({ venueId: 'Hall', eventId: 'Play', zoneId: 3, quantity: 1 })
  await sell()
  await path.project()
  const waiting = Promise.all(Array.from({ length: 500 }, () => reach('0-2')))
  await expect(reach('0-2')).rejects.toMatchObject({ code: 'busy', facts: { retryAfter: 2 } })
  await reach('0-1')
  await sell()
  await path.project()
  await waiting
  const next = reach('0-3')
  await sell()
  await path.project()
  await next
})
