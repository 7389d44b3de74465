/**
 * A ledger made anew from the read side is the ledger that was lost, bit for bit.
 *
 * Seen to fail on a fault planted in archive.ts: holds come back as free seats (whatever happened, on both engines).
 */
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import type { Fact } from '@onsale/contract/entry'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BARN, event, HALL, type House } from '../../test/house.ts'
import { redisLedgers } from '../../test/redis.ts'
import { NOW, newId, openSeatPath, type SeatPath } from '../../test/seat-path.ts'
import { openLedger } from '../adapters.ts'
import { audit } from '../audit.ts'
import type { Change, Ledger } from '../ledger/ledger.ts'
import { seatName } from '../seats/map.ts'
import { rebuildHotState } from './hot-state.ts'

const house: House = {
  venues: [HALL, BARN],
  events: [event('Play'), event('Quiet'), event('Show', { venueId: 'Barn', zones: [{ zoneId: 1, price: 700 }] })],
}
const ZONE = 'Play/1'
const SEATS_PER_ROW = 6

type Act = { kind: 'sell' | 'hold' | 'release'; seat: number; minutes: number }
const acts: fc.Arbitrary<Act[]> = fc.array(
  fc.record({ kind: fc.constantFrom('sell', 'hold', 'release'), seat: fc.nat({ max: 11 }), minutes: fc.integer({ min: 1, max: 9 }) }),
  { minLength: 5, maxLength: 60 },
)

/** What the command would commit, with the fact that it would write. */
function changeOf({ kind, seat, minutes }: Act, owners: Map<number, string>): Change {
  const { row, column } = seatName({ seatsPerRow: SEATS_PER_ROW }, seat)
  const head = { v: 1, createdOn: new Date(NOW).toISOString(), venueId: 'Hall', eventId: 'Play', zoneId: 1 } as const
  const [owner, until] = [newId(), NOW + minutes * 60_000]
  const fact: Fact =
    kind === 'sell'
      ? { ...head, kind: 'SeatsSold', status: 'PAID', price: 5000, currency: 'CAD', seats: [{ ticketId: owner, row, column }] }
      : kind === 'hold'
        ? { ...head, kind: 'SeatsHeld', holdId: owner, expiresAt: new Date(until).toISOString(), seats: [{ row, column }] }
        : {
            ...head,
            kind: 'SeatsReleased',
            seats: [{ row, column, ticketId: owners.get(seat) ?? '' }],
            ended: 'REFUNDED',
            price: 5000,
            currency: 'CAD',
          }
  const option = { seats: [seat], owners: kind === 'release' ? [] : [owner], mine: [owners.get(seat) ?? ''], fact: JSON.stringify(fact) }
  if (kind === 'release') return { zone: ZONE, options: [option], from: 'mine', to: 'free', at: NOW }
  if (kind === 'hold') return { zone: ZONE, options: [option], from: 'free', to: 'held', at: NOW, until }
  return { zone: ZONE, options: [option], from: 'free', to: 'sold', at: NOW }
}

/** Returns who owns what in the end. */
async function play({ ledger }: SeatPath, history: readonly Act[]): Promise<Map<number, string>> {
  const owners = new Map<number, string>()
  for (const act of history) {
    // Only what is sold is given back with a ticket's money.
    if (act.kind === 'release' && (await ledger.seats(ZONE, NOW))?.[act.seat] !== 2) continue
    const change = changeOf(act, owners)
    const outcome = await ledger.commit(change)
    if (!outcome.ok) continue
    const [owner] = change.options[0]?.owners ?? []
    if (owner === undefined) owners.delete(act.seat)
    else owners.set(act.seat, owner)
  }
  return owners
}

async function expectSame(there: Ledger, here: Ledger): Promise<void> {
  const zones = (all: { zone: string; seats: number }[]) => all.sort((a, b) => (a.zone < b.zone ? -1 : 1))
  expect(zones(await here.zones())).toEqual(zones(await there.zones()))
  for (const { zone } of await there.zones())
    for (const minutes of [0, 1, 3, 5, 9, 10])
      expect(await here.seats(zone, NOW + minutes * 60_000), zone).toEqual(await there.seats(zone, NOW + minutes * 60_000))
  expect((await here.ends()).map(({ shard, head }) => ({ shard, head }))).toEqual(
    (await there.ends()).map(({ shard, head }) => ({ shard, head })),
  )
}

const newRedis = redisLedgers()
const engines: [string, (path: SeatPath) => string][] = [
  ['SQLite', ({ folder }) => `sqlite:${join(folder, `${randomUUID()}.db`)}`],
  ...(newRedis ? [['Redis', () => `${newRedis().url}&shards=1`] as [string, () => string]] : []),
]

describe.each(engines)('rebuild hot-state on %s', (_, newUrl) => {
  it('gives the same seats, holds with their ends, owners and positions, whatever happened', { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(acts, async (history) => {
        await using path = await openSeatPath(house)
        const owners = await play(path, history)
        await path.project()
        const ledger = await openLedger(newUrl(path))
        try {
          const rebuilt = await rebuildHotState(ledger, path.sql, () => undefined)
          expect(rebuilt.zones).toBe(7)
          await expectSame(path.ledger, ledger)
          expect((await audit(ledger, path.sql, NOW)).differences).toEqual([])
          const head = (await path.ledger.ends())[0]?.head ?? 0
          const [sold] = owners
          if (sold) {
            const given = changeOf({ kind: 'release', seat: sold[0], minutes: 1 }, owners)
            expect(await ledger.commit(given), 'its owner gives it back').toMatchObject({ ok: true, position: head + 1 })
          }
        } finally {
          await ledger.close()
        }
      }),
      { numRuns: 8 },
    )
  })

  it('changes nothing in a ledger that has the entries, and refuses one that has others', async () => {
    await using path = await openSeatPath(house)
    await path.ask({ venueId: 'Hall', eventId: 'Play', zoneId: 1, quantity: 2 })
    await path.project()
    const ledger = await openLedger(newUrl(path))
    try {
      await rebuildHotState(ledger, path.sql, () => undefined)
      await rebuildHotState(ledger, path.sql, () => undefined)
      await expectSame(path.ledger, ledger)
      await path.ask({ venueId: 'Hall', eventId: 'Play', zoneId: 1, quantity: 2 })
      await path.project()
      await expect(rebuildHotState(ledger, path.sql, () => undefined)).rejects.toThrow('sells')
    } finally {
      await ledger.close()
    }
  })
})
