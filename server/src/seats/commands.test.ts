import { DatabaseSync } from 'node:sqlite'
import { Refusal } from '@onsale/contract/refusals'
import type { Wish } from '@onsale/contract/wish'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { atBarn, BARN, event, HALL, type House, oneZone } from '../../test/house.ts'
import { NOW, newId, openSeatPath, type SeatPath } from '../../test/seat-path.ts'
import type { Catalogue } from '../catalogue/catalogue.ts'
import { importEvent } from '../catalogue/import.ts'
import { type Change, type Ledger, LedgerBusy, SOLD } from '../ledger/ledger.ts'
import { createSeatCommands, type Sale } from './commands.ts'

const HOUR_MS = 3_600_000
const hall: House = {
  venues: [HALL, BARN],
  events: [
    event('Show'),
    event('Closed', { active: false }),
    event('Later', { saleStartsAt: '2027-01-15T13:00:00.000Z', saleEndsAt: '2027-01-15T14:00:00.000Z' }),
    event('Cart', { sale: 'checkout' }),
    event('Barnyard', atBarn),
  ],
}
const seat = (row: string, column: number | string, more: Partial<Wish> = {}): Wish => ({ ...anywhere, zoneId: 1, row, column, ...more })
const anywhere = { venueId: 'Hall', eventId: 'Show' }
const keyed = (id: string, fingerprint = 'f') => ({ key: { id, fingerprint } })

describe('a sale', () => {
  test('gives tickets of the seats that were named, at the price of the catalogue, as they stand in the log', async () => {
    await using path = await openSeatPath(hall)
    const wish: Wish = {
      ...anywhere,
      seats: [
        { zoneId: 2, row: 'b', column: 5 },
        { zoneId: 2, row: 'A', column: '2' },
      ],
    }
    const sale = sold(await path.ask(wish))
    expect(sale).toMatchObject({ position: 1, replayed: false })
    const common = { venueId: 'Hall', eventId: 'Show', zoneId: 2, status: 'PAID', price: 3000, currency: 'CAD' }
    const createdOn = new Date(NOW).toISOString()
    expect(sale.tickets).toEqual([
      { ticketId: expect.any(String), ...common, row: 'B', column: '5', createdOn, purchaseTime: createdOn },
      { ticketId: expect.any(String), ...common, row: 'A', column: '2', createdOn, purchaseTime: createdOn },
    ])
    const [entry] = await path.ledger.read({ shard: sale.shard, after: 0, limit: 10 })
    expect(JSON.parse(entry?.body ?? '')).toEqual({
      shard: sale.shard,
      position: 1,
      was: '..',
      v: 1,
      kind: 'SeatsSold',
      createdOn,
      ...common,
      seats: sale.tickets.map(({ ticketId, row, column }) => ({ ticketId, row, column })),
    })
  })

  test('of several seats takes all or none, and names the taken ones', async () => {
    await using path = await openSeatPath(hall)
    sold(await path.ask(seat('A', 2)))
    const list = [1, 2, 3].map((column) => ({ zoneId: 1, row: 'A', column }))
    const refusal = refused(await path.ask({ ...anywhere, seats: list }))
    expect(refusal.code).toBe('seat-occupied')
    expect(refusal.facts).toEqual({ seats: [{ zoneId: 1, row: 'A', column: '2' }], zoneFull: false, rowFull: false })
    expect(await soldSeats(path, 'Show/1')).toEqual([1])
  })

  test('of the best available looks in every zone in the order of the organiser, and keeps to price, zone and row', async () => {
    await using path = await openSeatPath(hall)
    const places = async (wish: Partial<Wish>) =>
      sold(await path.ask({ ...anywhere, ...wish })).tickets.map(({ zoneId, row, column }) => `${zoneId} ${row}${column}`)
    expect(await places({ quantity: 2 })).toEqual(['1 A1', '1 A2'])
    expect(await places({ quantity: 2, maxPrice: 3000 })).toEqual(['2 A2', '2 A3'])
    expect(await places({ quantity: 2, zoneId: 3 })).toEqual(['3 A1', '3 A2'])
    expect(await places({ quantity: 2, zoneId: 3, row: 'ad' })).toEqual(['3 AD1', '3 AD2'])
    expect(await places({ quantity: 2, accessible: true })).toEqual(['2 B1', '2 B2'])
  })
})

describe('what is refused changes nothing', () => {
  let shared: SeatPath
  beforeAll(async () => {
    shared = await openSeatPath(hall)
  })
  afterAll(() => shared[Symbol.asyncDispose]())

  test.for([
    ['a venue that is not there', { venueId: 'Nowhere' }, 'unknown-venue'],
    ['a venue in other letters', { venueId: 'HALL' }, 'unknown-venue'],
    ['an event that is not there', { eventId: 'Nothing' }, 'unknown-event'],
    ['an event elsewhere', { eventId: 'Barnyard' }, 'event-not-at-venue'],
    ['a zone that is not there', { zoneId: 9 }, 'unknown-zone'],
    ['a prototype as a venue', { venueId: '__proto__' }, 'unknown-venue'],
    ['a prototype as an event', { eventId: 'constructor' }, 'unknown-event'],
    ['an event that is switched off', { eventId: 'Closed' }, 'event-not-on-sale'],
    ['an event whose sale has not begun', { eventId: 'Later' }, 'event-not-on-sale'],
    ['an event that is paid at checkout', { eventId: 'Cart' }, 'checkout-required'],
    ['a row beyond the last', { row: 'E' }, 'bad-input'],
  ] as [string, Partial<Wish>, string][])('%s', async ([, fields, code]) => {
    const before = await heads(shared)
    expect(refused(await shared.ask(seat('A', 1, fields))).code).toBe(code)
    expect(await heads(shared)).toEqual(before)
  })

  test.for([
    [-1, 'event-not-on-sale'],
    [0, 'sold'],
    [HOUR_MS - 1, 'sold'],
    [HOUR_MS, 'event-not-on-sale'],
  ] as [number, string][])('the sale window, %i ms after its beginning: %s', async ([ms, expected]) => {
    const answer = await shared.ask({ ...anywhere, eventId: 'Later', quantity: 1 }, { at: NOW + HOUR_MS + ms })
    expect(answer instanceof Refusal ? answer.code : 'sold').toBe(expected)
  })

  test('a zone that the ledger does not know sells nothing, named or best', async () => {
    await using path = await openSeatPath({ ...hall, events: [] })
    const closed = event('Unopened')
    await importEvent(path.sql, closed, NOW)
    // As if the ledger had been lost after it was opened.
    await path.sql.db.updateTable('events').set({ opened: 1 }).execute()
    for (const wish of [seat('A', 1, { eventId: 'Unopened' }), { ...anywhere, eventId: 'Unopened', quantity: 2 }])
      expect(refused(await path.ask(wish))).toMatchObject({ code: 'zone-not-open', facts: { retryAfter: 30 } })
  })

  test('seat, then zone, then row: the refusal of a taken seat tells whether the zone and the row are full', async () => {
    await using path = await openSeatPath(oneZone('Tiny', 2, 2))
    const tiny = (row: string, column: number): Wish => ({ venueId: 'Tiny', eventId: 'Tiny', zoneId: 1, row, column })
    const facts = async () => refused(await path.ask(tiny('A', 1))).facts
    await path.ask(tiny('A', 1))
    expect(await facts()).toMatchObject({ zoneFull: false, rowFull: false })
    await path.ask(tiny('A', 2))
    expect(await facts()).toMatchObject({ zoneFull: false, rowFull: true })
    expect(refused(await path.ask({ venueId: 'Tiny', eventId: 'Tiny', zoneId: 1, row: 'A', quantity: 1 })).code).toBe('row-full')
    await path.ask(tiny('B', 1))
    expect(refused(await path.ask({ venueId: 'Tiny', eventId: 'Tiny', zoneId: 1, quantity: 2 }))).toMatchObject({
      code: 'not-enough-seats',
      facts: { available: 1 },
    })
    await path.ask(tiny('B', 2))
    expect(await facts()).toMatchObject({ zoneFull: true, rowFull: true })
    expect(refused(await path.ask({ venueId: 'Tiny', eventId: 'Tiny', zoneId: 1, quantity: 1 })).code).toBe('zone-full')
    expect(await heads(path)).toEqual([4])
  })

  test('no seats up to a price names the cheapest price with a free seat', async () => {
    await using path = await openSeatPath(hall)
    expect(refused(await path.ask({ ...anywhere, quantity: 1, maxPrice: 1999 }))).toMatchObject({
      code: 'no-seats-at-price',
      facts: { priceFrom: 2000 },
    })
  })
})

describe('a repeated key', () => {
  test('gets its first sale, also when the seat is meanwhile somebody else’s', async () => {
    await using path = await openSeatPath(hall)
    const first = sold(await path.ask(seat('A', 1), keyed('k')))
    expect(sold(await path.ask(seat('A', 1), keyed('k')))).toEqual({ ...first, replayed: true })
    await path.ledger.commit(giveBack('Show/1', 0, first))
    sold(await path.ask(seat('A', 1)))
    expect(sold(await path.ask(seat('A', 1), keyed('k')))).toEqual({ ...first, replayed: true })
  })

  test('gets its first sale after the sale window closed, when the zone is full, and when it is named no more', async () => {
    await using path = await openSeatPath(hall)
    const later = { ...anywhere, eventId: 'Later', quantity: 3, zoneId: 2 }
    const inTime = NOW + HOUR_MS
    const first = sold(await path.ask(later, { at: inTime, ...keyed('k') }))
    for (let full = false; !full; ) full = (await path.ask({ ...later, quantity: 1 }, { at: inTime })) instanceof Refusal
    const replay = { ...first, replayed: true }
    expect(sold(await path.ask(later, { at: inTime, ...keyed('k') }))).toEqual(replay)
    expect(sold(await path.ask(later, { at: inTime + 24 * HOUR_MS, ...keyed('k') }))).toEqual(replay)
    expect(refused(await path.ask(later, { at: inTime + 24 * HOUR_MS, ...keyed('unused') })).code).toBe('event-not-on-sale')
  })

  test('with another request is refused, and sells nothing', async () => {
    await using path = await openSeatPath(hall)
    await path.ask(seat('A', 1), keyed('k', 'one'))
    expect(refused(await path.ask(seat('B', 1), keyed('k', 'two'))).code).toBe('idempotency-key-reused')
    expect(refused(await path.ask({ ...anywhere, quantity: 2 }, keyed('k', 'two'))).code).toBe('idempotency-key-reused')
    expect(await heads(path)).toEqual([1])
  })

  test('with another request for the best available is refused, and leaves the earliest seats to the next buyer', async () => {
    await using path = await openSeatPath(hall)
    const pair: Wish = { ...anywhere, quantity: 2 }
    sold(await path.ask(pair, keyed('k', 'one')))
    expect(refused(await path.ask({ ...pair, quantity: 4 }, keyed('k', 'two'))).code).toBe('idempotency-key-reused')
    expect(sold(await path.ask(pair)).tickets.map(({ row, column }) => row + column)).toEqual(['A3', 'A4'])
  })

  test('with another request is told so also when nothing is left', async () => {
    await using path = await openSeatPath(oneZone('Tiny', 1, 2))
    sold(await path.ask({ venueId: 'Tiny', eventId: 'Tiny', quantity: 2 }, keyed('k')))
    const other = await path.ask({ venueId: 'Tiny', eventId: 'Tiny', quantity: 1 }, keyed('k', 'another'))
    expect(refused(other).code).toBe('idempotency-key-reused')
  })

  test('twenty at once sell once, whichever kind of wish it is', async () => {
    await using path = await openSeatPath(hall)
    for (const [i, wish] of [seat('B', 3), { ...anywhere, quantity: 2 }].entries()) {
      const answers = await Promise.all(Array.from({ length: 20 }, () => path.ask(wish, keyed(`k${i}`))))
      expect(new Set(answers.map((answer) => sold(answer).tickets[0]?.ticketId)).size).toBe(1)
      expect(answers.filter((answer) => !sold(answer).replayed)).toHaveLength(1)
    }
    expect(await heads(path)).toEqual([2])
  })

  test('does not let others hear that the house is full while it asks again for what it has', async () => {
    await using path = await openSeatPath(oneZone('Tiny', 2, 2))
    const pair: Wish = { venueId: 'Tiny', eventId: 'Tiny', quantity: 2 }
    sold(await path.ask(pair, keyed('k')))
    const [again, other] = await Promise.all([path.ask(pair, keyed('k')), path.ask(pair)])
    expect(sold(again).replayed).toBe(true)
    expect(sold(other).tickets.map(({ row }) => row)).toEqual(['B', 'B'])
  })
})

describe('a rush', () => {
  test('100 buyers racing for one seat: one sale, 99 hear that it is taken', async () => {
    await using path = await openSeatPath(hall)
    const answers = await Promise.all(Array.from({ length: 100 }, () => path.ask(seat('C', 4))))
    const refusals = answers.filter((answer) => answer instanceof Refusal)
    expect(refusals.map(({ code }) => code)).toEqual(Array(99).fill('seat-occupied'))
    expect(await soldSeats(path, 'Show/1')).toEqual([15])
    expect(await heads(path)).toEqual([1])
  })

  test('a whole zone sold by racing buyers of the best available: every seat once, then the zone is full', async () => {
    await using path = await openSeatPath(oneZone('Arena', 20, 25))
    const best = (quantity: number): Wish => ({ venueId: 'Arena', eventId: 'Arena', zoneId: 1, quantity })
    const groups = await Promise.all(Array.from({ length: 170 }, (_, i) => path.ask(best(1 + (i % 4)))))
    const singles = await Promise.all(Array.from({ length: 600 }, () => path.ask(best(1))))
    const sales = [...groups, ...singles].filter((answer) => !(answer instanceof Refusal)).map(sold)
    const places = sales.flatMap(({ tickets }) => tickets.map(({ row, column }) => `${row}${column}`))
    expect(places).toHaveLength(500)
    expect(new Set(places).size).toBe(500)
    expect(await soldSeats(path, 'Arena/1')).toHaveLength(500)
    for (const answer of singles) if (answer instanceof Refusal) expect(answer.code).toBe('zone-full')
    await path.project()
    expect(await zoneFigures(path)).toEqual([{ available: 0, held: 0, sold: 500, revenue: 500_000 }])
  })

  test('a whole house sold by racing buyers who take any zone', async () => {
    await using path = await openSeatPath(hall)
    const answers = await Promise.all(Array.from({ length: 400 }, () => path.ask({ ...anywhere, quantity: 1 })))
    const sales = answers.filter((answer) => !(answer instanceof Refusal)).map(sold)
    const places = sales.flatMap(({ tickets }) => tickets.map(({ zoneId, row, column }) => `${zoneId} ${row}${column}`))
    expect(new Set(places).size).toBe(336)
    expect(places).toHaveLength(336)
    for (const answer of answers) if (answer instanceof Refusal) expect(answer.code).toBe('zone-full')
  })
})

test('who cannot have so many hears how many the best zone has left, wherever it lies', async () => {
  const zones = [1, 2, 3, 4].map((zoneId) => ({ zoneId, rows: 1, seatsPerRow: 3, ...(zoneId > 2 && { accessible: ['A1'] }) }))
  const house: House = {
    venues: [{ ...HALL, venueId: 'Row', zones }],
    events: [event('Row', { venueId: 'Row', zones: zones.map(({ zoneId }) => ({ zoneId, price: 100 })) })],
  }
  await using path = await openSeatPath(house)
  const row = { venueId: 'Row', eventId: 'Row' }
  const taken = [
    [1, 1],
    [1, 2],
    [1, 3],
    [2, 1],
    [2, 3],
  ] as const
  for (const [zoneId, column] of taken) sold(await path.ask({ ...row, zoneId, row: 'A', column }))
  const asked = async (wish: Partial<Wish>) => {
    const { code, facts } = (await path.ask({ ...row, ...wish })) as Refusal
    return { code, ...facts }
  }
  expect(await asked({ quantity: 4 })).toEqual({ code: 'not-enough-seats', available: 3 })
  expect(await asked({ quantity: 4, accessible: true })).toEqual({ code: 'not-enough-seats', available: 2 })
  expect(await asked({ quantity: 2, zoneId: 2 })).toEqual({ code: 'not-enough-seats', available: 1 })
})

describe('what a crowd that is refused costs the ledger', () => {
  const ZONES = 40
  /** As many questions as the commands that are made with it ask. */
  function counted(path: SeatPath) {
    const asked = { ledger: 0, catalogue: 0 }
    const count = <Asked extends unknown[], Answer>(whom: keyof typeof asked, ask: (...of: Asked) => Answer) => {
      return (...of: Asked): Answer => {
        asked[whom]++
        return ask(...of)
      }
    }
    const ledger: Ledger = { ...path.ledger, commit: count('ledger', path.ledger.commit), seats: count('ledger', path.ledger.seats) }
    const catalogue: Catalogue = { ...path.catalogue, refresh: count('catalogue', path.catalogue.refresh) }
    const { sell } = createSeatCommands(ledger, catalogue)
    const crowd = (wish: Wish, at: number) => Promise.allSettled(Array.from({ length: 100 }, () => sell(wish, { at, newId })))
    return { asked, crowd }
  }
  const codes = (answers: PromiseSettledResult<Sale>[]) =>
    new Set(answers.map((answer) => (answer.status === 'rejected' ? (answer.reason as Refusal).code : 'sold')))
  const small: House = {
    venues: [{ ...HALL, venueId: 'Small', zones: Array.from({ length: ZONES }, (_, i) => ({ zoneId: i + 1, rows: 1, seatsPerRow: 2 })) }],
    events: [event('Small', { venueId: 'Small', zones: Array.from({ length: ZONES }, (_, i) => ({ zoneId: i + 1, price: 100 + i })) })],
  }
  const wish = { venueId: 'Small', eventId: 'Small', quantity: 2 }

  test('a house that is sold out: each zone is asked for once or twice, not for each of them', async () => {
    await using path = await openSeatPath(small)
    for (let i = 0; i < ZONES; i++) sold(await path.ask(wish))
    const { asked, crowd } = counted(path)
    expect(codes(await crowd(wish, NOW + 1000))).toEqual(new Set(['zone-full']))
    expect(asked.ledger).toBeLessThanOrEqual(2 * ZONES)
    expect(codes(await crowd(wish, NOW + 2000))).toEqual(new Set(['zone-full']))
    expect(asked.ledger).toBeLessThanOrEqual(4 * ZONES)
  })

  test('a price that nothing has: the cheapest zone is asked for, not all of them for each', async () => {
    await using path = await openSeatPath(small)
    const { asked, crowd } = counted(path)
    expect(codes(await crowd({ ...wish, maxPrice: 1 }, NOW + 1000))).toEqual(new Set(['no-seats-at-price']))
    expect(asked.ledger).toBeLessThanOrEqual(4)
  })

  test('an event that is not there: the catalogue is looked through together', async () => {
    await using path = await openSeatPath(small)
    const { asked, crowd } = counted(path)
    expect(codes(await crowd({ ...wish, eventId: 'Nothing' }, NOW))).toEqual(new Set(['unknown-event']))
    expect(asked.catalogue).toBeLessThanOrEqual(2)
  })
})

describe('bugs that the field keeps repeating (F-015)', () => {
  test('check-then-act on availability: buyers who all saw the seat free get it once', async () => {
    await using path = await openSeatPath(hall)
    const answers = await Promise.all(
      Array.from({ length: 50 }, async () => {
        expect((await path.ledger.seats('Show/1', NOW))?.[0]).not.toBe(SOLD)
        return path.ask(seat('A', 1))
      }).map((asking) => asking.catch((error: unknown) => error)),
    )
    expect(answers.filter((answer) => isSale(answer))).toHaveLength(1)
  })

  test('a lock skipped on one path: one seat, a list, the best available and a repeated key racing for the same seats give each once', async () => {
    await using path = await openSeatPath(oneZone('Arena', 4, 6, { maxPerOrder: 6 }))
    const arena = { venueId: 'Arena', eventId: 'Arena' }
    const rows = ['A', 'B', 'C', 'D']
    const wishes = Array.from({ length: 200 }, (_, i): Wish => {
      const row = rows[i % 4] as string
      const column = 1 + (i % 5)
      if (i % 3 === 0) return { ...arena, zoneId: 1, row, column }
      if (i % 3 === 1)
        return {
          ...arena,
          seats: [
            { zoneId: 1, row, column },
            { zoneId: 1, row, column: column + 1 },
          ],
        }
      return { ...arena, quantity: 1 + (i % 3) }
    })
    const answers = await Promise.all(wishes.map((wish, i) => path.ask(wish, i % 7 === 0 ? keyed(`k${i % 21}`, `${i % 21}`) : {})))
    const sales = answers.filter((answer) => !(answer instanceof Refusal)).map(sold)
    const fresh = sales.filter(({ replayed }) => !replayed)
    const places = fresh.flatMap(({ tickets }) => tickets.map(({ row, column }) => `${row}${column}`))
    expect(new Set(places).size).toBe(places.length)
    expect(await soldSeats(path, 'Arena/1')).toHaveLength(places.length)
    expect(await heads(path)).toEqual([fresh.length])
  })

  test('own hold counted against oneself: who holds seats can buy them while others cannot', async () => {
    await using path = await openSeatPath(hall)
    await path.ledger.commit(hold('Show/1', [0, 1], 'hold-1', NOW + 1000))
    expect(refused(await path.ask(seat('A', 1))).code).toBe('seat-occupied')
    const bought = await path.ledger.commit(buyHeld('Show/1', [0, 1], 'hold-1', NOW + 999))
    expect(bought.ok).toBe(true)
  })

  test('own wish counted against oneself: seats that were asked for in vain are there for the next try', async () => {
    await using path = await openSeatPath(oneZone('Tiny', 1, 2))
    const pair: Wish = { venueId: 'Tiny', eventId: 'Tiny', quantity: 2 }
    await path.ask({ ...pair, quantity: 3, zoneId: 1 })
    const disk = new DatabaseSync(path.ledgerFile, { timeout: 5000 })
    disk.exec("create trigger refuse before insert on log begin select raise(abort, 'no space left'); end")
    await expect(path.ask(pair)).rejects.toThrow(LedgerBusy)
    disk.exec('drop trigger refuse')
    disk.close()
    expect(sold(await path.ask(pair)).tickets).toHaveLength(2)
  })

  test('payment on an expired hold: it buys nothing, and whoever came first after its end keeps the seats', async () => {
    await using path = await openSeatPath(hall)
    await path.ledger.commit(hold('Show/1', [0, 1], 'hold-1', NOW + 1000))
    sold(await path.ask(seat('A', 1), { at: NOW + 1000 }))
    expect(await path.ledger.commit(buyHeld('Show/1', [0, 1], 'hold-1', NOW + 1000))).toMatchObject({ ok: false, why: 'taken' })
    expect(await path.ledger.commit(buyHeld('Show/1', [1], 'hold-1', NOW + 1000))).toMatchObject({ ok: false, why: 'taken' })
    expect(await soldSeats(path, 'Show/1', NOW + 1000)).toEqual([0])
  })
})

function sold(answer: Sale | Refusal): Sale {
  if (answer instanceof Refusal) throw answer
  return answer
}

function refused(answer: Sale | Refusal): Refusal {
  if (answer instanceof Refusal) return answer
  throw new Error(`It was sold at position ${answer.position}.`)
}

const isSale = (answer: unknown): boolean => typeof answer === 'object' && answer !== null && 'tickets' in answer

const heads = async ({ ledger }: SeatPath): Promise<number[]> => (await ledger.ends()).map(({ head }) => head)

async function soldSeats({ ledger }: SeatPath, zone: string, at = NOW): Promise<number[]> {
  const states = (await ledger.seats(zone, at)) ?? new Uint8Array()
  return [...states.entries()].filter(([, state]) => state === SOLD).map(([index]) => index)
}

const zoneFigures = ({ sql }: SeatPath): Promise<object[]> =>
  sql.db.selectFrom('event_zones').select(['available', 'held', 'sold', 'revenue']).execute()

function hold(zone: string, seats: number[], holdId: string, until: number): Change {
  const owners = seats.map(() => holdId)
  return { zone, options: [{ seats, owners, fact: '{}' }], from: 'free', to: 'held', at: NOW, until }
}

function buyHeld(zone: string, seats: number[], holdId: string, at: number): Change {
  const option = { seats, owners: seats.map(newId), mine: seats.map(() => holdId), fact: '{}' }
  return { zone, options: [option], from: 'mine', to: 'sold', at }
}

function giveBack(zone: string, index: number, { tickets }: Sale): Change {
  const mine = tickets.map(({ ticketId }) => ticketId)
  return { zone, options: [{ seats: [index], owners: [], mine, fact: '{}' }], from: 'mine', to: 'free', at: NOW }
}
