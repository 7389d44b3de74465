import { type FieldError, Refusal } from '@onsale/contract/refusals'
import type { Wish } from '@onsale/contract/wish'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { FREE, HELD, NONE, type SeatStates, SOLD } from '../ledger/ledger.ts'
import { apart, together } from './best-available.ts'
import { type ZoneShape, zoneMap } from './map.ts'
import {
  type Best,
  countFree,
  type Named,
  onSale,
  type PricedZone,
  refuseBest,
  refuseNamed,
  type SellableEvent,
  understand,
} from './rules.ts'

/** Zone 1: rows A to D of 6. Zone 2, cheaper: rows A to C of 5 with gaps A1 and C4-C5, wheelchair places B1-B2 and companion B3. */
const zones: [ZoneShape, number][] = [
  [{ zoneId: 1, rows: 4, seatsPerRow: 6 }, 5000],
  [{ zoneId: 2, rows: 3, seatsPerRow: 5, gaps: ['A1', 'C4-C5'], accessible: ['B1-B2'], companion: ['B3'] }, 3000],
]
const NOON = Date.parse('2027-06-01T12:00:00.000Z')
const show: SellableEvent = {
  eventId: 'Show',
  venueId: 'Hall',
  sale: 'instant',
  active: true,
  saleStartsAt: NOON,
  saleEndsAt: NOON + 3_600_000,
  currency: 'CAD',
  maxPerOrder: 4,
  zones: new Map(zones.map(([shape, price]) => [shape.zoneId, { key: `Show/${shape.zoneId}`, price, map: zoneMap(shape) }])),
}
const zone = (zoneId: number): PricedZone => show.zones.get(zoneId) as PricedZone
const wish = (fields: Partial<Wish>): Wish => ({ venueId: 'Hall', eventId: 'Show', ...fields })

describe('onSale: whether the event takes sales at this moment', () => {
  test.for([
    { given: {}, at: NOON - 1, ok: false, says: 'begins at 2027-06-01T12:00:00.000Z' },
    { given: {}, at: NOON, ok: true },
    { given: {}, at: NOON + 3_599_999, ok: true },
    { given: {}, at: NOON + 3_600_000, ok: false, says: 'ended at 2027-06-01T13:00:00.000Z' },
    { given: { saleStartsAt: null }, at: 0, ok: true },
    { given: { saleStartsAt: null }, at: NOON + 3_600_000, ok: false, says: 'ended' },
    { given: { active: false }, at: NOON, ok: false, says: 'not on sale' },
  ])('given $given at $at: $ok', ({ given, at, ok, says }) => {
    const event = { ...show, ...given }
    if (ok) return onSale(event, at)
    const refusal = refusalOf(() => onSale(event, at))
    expect(refusal.code).toBe('event-not-on-sale')
    expect(refusal.message).toContain(says)
    expect(refusal.facts).toEqual({
      saleStartsAt: event.saleStartsAt === null ? null : '2027-06-01T12:00:00.000Z',
      saleEndsAt: '2027-06-01T13:00:00.000Z',
    })
  })
})

describe('understand: one seat', () => {
  test.for([
    ['the first seat', { zoneId: 1, row: 'A', column: '1' }, 0],
    ['the last seat', { zoneId: 1, row: 'D', column: '6' }, 23],
    ['a column as a number', { zoneId: 1, row: 'C', column: 2 }, 13],
    ['a row in small letters', { zoneId: 1, row: 'c', column: '2' }, 13],
  ] as [string, Partial<Wish>, number][])('%s', ([, fields, seat]) => {
    expect(understand(wish(fields), show)).toEqual({ kind: 'named', zone: zone(1), seats: [seat] })
  })

  test.for([
    ['nothing', {}, ['zoneId', 'row', 'column']],
    ['a zone only', { zoneId: 1 }, ['row', 'column']],
    ['a row only', { row: 'A' }, ['zoneId', 'column']],
    ['zone and row', { zoneId: 1, row: 'A' }, ['column']],
    ['a column only', { column: '1' }, ['zoneId', 'row']],
    ['zone and column', { zoneId: 1, column: '1' }, ['row']],
    ['row and column', { row: 'A', column: '1' }, ['zoneId']],
    ['a row beyond the last', { zoneId: 1, row: 'E', column: '1' }, ['row']],
    ['a column beyond the last', { zoneId: 1, row: 'A', column: '7' }, ['column']],
    ['column 0', { zoneId: 1, row: 'A', column: 0 }, ['column']],
    ['both beyond', { zoneId: 1, row: 'ZZ', column: 9999 }, ['row', 'column']],
    ['a row of digits', { zoneId: 1, row: '3', column: '1' }, ['row']],
    ['a gap', { zoneId: 2, row: 'A', column: '1' }, ['column']],
    ['a price limit', { zoneId: 1, row: 'A', column: '1', maxPrice: 1 }, ['maxPrice']],
    ['a wheelchair place that is not wished', { zoneId: 1, row: 'A', column: '1', accessible: false }, ['accessible']],
    ['both of these', { zoneId: 1, row: 'A', column: '1', maxPrice: 1, accessible: true }, ['maxPrice', 'accessible']],
    ['one seat and a list', { zoneId: 1, row: 'A', column: '1', seats: [] }, ['column', 'seats']],
    ['one seat and a number', { zoneId: 1, row: 'A', column: '1', quantity: 1 }, ['column', 'quantity']],
    ['all three kinds', { column: '1', seats: [], quantity: 1 }, ['column', 'seats', 'quantity']],
  ] as [string, Partial<Wish>, string[]][])('%s is bad input in %j: %j', ([, fields, bad]) => {
    expect(badFields(wish(fields))).toEqual(bad)
  })

  test('a zone that the event has not is unknown, before anything is said of row and column', () => {
    expect(refusalOf(() => understand(wish({ zoneId: 3, row: 'ZZ', column: 9999 }), show))).toMatchObject({
      code: 'unknown-zone',
      facts: { zoneId: 3 },
    })
  })
})

describe('understand: a list of seats', () => {
  const seat = (zoneId: number, row: string, column: string | number) => ({ zoneId, row, column })

  test('keeps the order of the buyer', () => {
    expect(understand(wish({ seats: [seat(1, 'b', 2), seat(1, 'A', '1'), seat(1, 'D', '6')] }), show)).toEqual({
      kind: 'named',
      zone: zone(1),
      seats: [7, 0, 23],
    })
  })

  test.for([
    ['too many', [1, 2, 3, 4, 5].map((column) => seat(1, 'A', column)), ['seats']],
    ['two zones', [seat(1, 'A', 1), seat(2, 'B', 1)], ['seats[1].zoneId']],
    ['a zone that is not there, second', [seat(1, 'A', 1), seat(9, 'B', 1)], ['seats[1].zoneId']],
    ['one seat twice', [seat(1, 'A', 1), seat(1, 'B', 1), seat(1, 'a', '1')], ['seats[2]']],
    [
      'every one wrong',
      [seat(1, 'E', 1), seat(1, 'A', 7), seat(1, 'F', 8)],
      ['seats[0].row', 'seats[1].column', 'seats[2].row', 'seats[2].column'],
    ],
    ['a gap after a wrong row', [seat(2, 'Z', 1), seat(2, 'A', 1)], ['seats[0].row', 'seats[1].column']],
    ['one seat twice after a wrong row', [seat(1, 'Z', 1), seat(1, 'A', 1), seat(1, 'A', 1)], ['seats[0].row', 'seats[2]']],
  ] as [string, NonNullable<Wish['seats']>, string[]][])('%s is bad input', ([, seats, bad]) => {
    expect(badFields(wish({ seats }))).toEqual(bad)
  })

  test.for([
    ['zoneId', { zoneId: 1 }],
    ['row', { row: 'A' }],
    ['maxPrice', { maxPrice: 1 }],
    ['accessible', { accessible: true }],
  ] as [string, Partial<Wish>][])('%s beside the list is bad input, not ignored', ([field, stray]) => {
    expect(badFields(wish({ ...stray, seats: [seat(1, 'A', 1)] }))).toEqual([field])
  })

  test('the zone of the first seat has to be there', () => {
    expect(refusalOf(() => understand(wish({ seats: [seat(9, 'A', 1)] }), show)).code).toBe('unknown-zone')
  })
})

describe('understand: the best available', () => {
  test.for([
    ['anywhere', { quantity: 2 }, { zones: [1, 2], row: null, accessible: false, named: false }],
    ['in a zone', { quantity: 2, zoneId: 2 }, { zones: [2], row: null, accessible: false, named: true }],
    ['in a row', { quantity: 2, zoneId: 2, row: 'c' }, { zones: [2], row: 2, accessible: false, named: true }],
    ['up to a price', { quantity: 2, maxPrice: 4999 }, { zones: [2], row: null, accessible: false, named: false }],
    ['up to just that price', { quantity: 2, maxPrice: 5000 }, { zones: [1, 2], row: null, accessible: false, named: false }],
    ['up to a price that nothing has', { quantity: 2, maxPrice: 2999 }, { zones: [], row: null, accessible: false, named: false }],
    ['with a wheelchair', { quantity: 2, accessible: true }, { zones: [1, 2], row: null, accessible: true, named: false }],
    ['without', { quantity: 2, accessible: false }, { zones: [1, 2], row: null, accessible: false, named: false }],
  ] as [string, Partial<Wish>, Omit<Best, 'kind' | 'zones' | 'quantity'> & { zones: number[] }][])('%s', ([, fields, expected]) => {
    expect(understand(wish(fields), show)).toEqual({ kind: 'best', quantity: 2, ...expected, zones: expected.zones.map(zone) })
  })

  test.for([
    ['more than an order may have', { quantity: 5 }, ['quantity']],
    ['a row without a zone', { quantity: 1, row: 'A' }, ['row']],
    ['a row beyond the last', { quantity: 1, zoneId: 1, row: 'E' }, ['row']],
    ['all at once', { quantity: 5, row: 'A' }, ['quantity', 'row']],
    ['beside a list', { quantity: 1, seats: [{ zoneId: 1, row: 'A', column: 1 }] }, ['seats', 'quantity']],
  ] as [string, Partial<Wish>, string[]][])('%s is bad input', ([, fields, bad]) => {
    expect(badFields(wish(fields))).toEqual(bad)
  })

  test('a zone that the event has not is unknown', () => {
    expect(refusalOf(() => understand(wish({ quantity: 1, zoneId: 9 }), show)).code).toBe('unknown-zone')
  })
})

describe('the best available seats', () => {
  /** Rows as texts: "." free, "s" sold, "h" held, " " no seat; "w" a free wheelchair place, "c" a free companion seat. */
  function house(...rows: string[]): { map: ReturnType<typeof zoneMap>; states: SeatStates } {
    const all = rows.join('')
    const where = (letter: string) => new Set([...all].flatMap((l, seat) => (l === letter ? [seat] : [])))
    const shape = zoneMap({ zoneId: 1, rows: rows.length, seatsPerRow: rows[0]?.length ?? 0 })
    return {
      map: { ...shape, gaps: where(' '), accessible: where('w'), companion: where('c') },
      states: Uint8Array.from(all, (l) => ({ '.': FREE, w: FREE, c: FREE, s: SOLD, h: HELD, ' ': NONE })[l] as number),
    }
  }
  const search = (quantity: number, more: { row?: number; accessible?: boolean } = {}) => ({
    row: null,
    accessible: false,
    ...more,
    quantity,
  })

  test.for([
    { rule: 'the earliest row', rows: ['ss.', '...'], quantity: 1, seats: [2] },
    { rule: 'the earliest run in it', rows: ['s..s..'], quantity: 2, seats: [1, 2] },
    { rule: 'an earlier run that is too short is passed over', rows: ['.s.s...'], quantity: 3, seats: [4, 5, 6] },
    { rule: 'a run does not span rows', rows: ['ss..', '..ss', 's...'], quantity: 3, seats: [9, 10, 11] },
    { rule: 'a run does not span a gap', rows: ['.. ...'], quantity: 3, seats: [3, 4, 5] },
    { rule: 'a run does not span held seats', rows: ['..h...'], quantity: 3, seats: [3, 4, 5] },
    { rule: 'a whole row', rows: ['s...', '....'], quantity: 4, seats: [4, 5, 6, 7] },
    { rule: 'nothing where no run is long enough', rows: ['..s.', '.s..'], quantity: 3, seats: undefined },
    { rule: 'nothing where nothing is free', rows: ['ssh '], quantity: 1, seats: undefined },
  ])('together: $rule', ({ rows, quantity, seats }) => {
    const { map, states } = house(...rows)
    expect(together(map, states, search(quantity))[0]).toEqual(seats)
  })

  test.for([
    { rule: '3 + 1 before 2 + 2', rows: ['..s...s..s.'], seats: [0, 3, 4, 5] },
    { rule: '2 + 2 before 2 + 1 + 1', rows: ['.s..s.s..'], seats: [2, 3, 7, 8] },
    { rule: '2 + 1 + 1 before singles', rows: ['.s.s..'], seats: [0, 2, 4, 5] },
    { rule: '1 + 1 + 1 + 1 when there is nothing else', rows: ['.s.s.s.s.'], seats: [0, 2, 4, 6] },
    { rule: 'blocks in different rows', rows: ['.ss..', '...s.'], seats: [0, 5, 6, 7] },
    { rule: 'of blocks alike the earliest', rows: ['..s', '..s', '..s'], seats: [0, 1, 3, 4] },
    { rule: 'the last single goes to the earliest row, not to the block', rows: ['.ss.', '...s'], seats: [0, 4, 5, 6] },
    { rule: 'fewer free than asked: none at all', rows: ['..s.'], seats: undefined },
  ])('apart: $rule', ({ rows, seats }) => {
    const { map, states } = house(...rows)
    expect(together(map, states, search(4))).toEqual([])
    expect(apart(map, states, search(4))[0]).toEqual(seats)
  })

  test('options share no seat, so that a lost one leaves the others whole, and they are a short list', () => {
    const { map, states } = house('.'.repeat(100), '.'.repeat(100))
    const options = together(map, states, search(3))
    expect(options).toHaveLength(8)
    expect(new Set(options.flat()).size).toBe(24)
  })

  test('a zone of 200,000 seats: every other one free does not end the stack, and all free is not looked through', () => {
    const sparse = house(...Array<string>(400).fill('.s'.repeat(250)))
    expect(together(sparse.map, sparse.states, search(2))).toEqual([])
    expect(apart(sparse.map, sparse.states, search(2))).toEqual([[0, 2]])
    const empty = house(...Array<string>(400).fill('.'.repeat(500)))
    const looked = new (class extends Set<number> {
      seats = 0
      override has(seat: number): boolean {
        this.seats++
        return super.has(seat)
      }
    })()
    expect(together({ ...empty.map, accessible: looked }, empty.states, search(2))).toHaveLength(8)
    expect(looked.seats).toBeLessThanOrEqual(500)
  })

  test('within a named row nothing else is looked at', () => {
    const { map, states } = house('....', 's.s.', '....')
    expect(together(map, states, search(2, { row: 1 }))).toEqual([])
    expect(apart(map, states, search(2, { row: 1 }))).toEqual([[5, 7]])
    expect(apart(map, states, search(3, { row: 1 }))).toEqual([])
    expect(together(map, states, search(2, { row: 2 }))[0]).toEqual([8, 9])
  })

  test('wheelchair places and their companions are the last that others get', () => {
    const ahead = house('wc..', '....')
    expect(together(ahead.map, ahead.states, search(2))[0]).toEqual([2, 3])
    expect(together(ahead.map, ahead.states, search(4))[0]).toEqual([4, 5, 6, 7])
    const onlyThose = house('wc.s', 'sss.')
    expect(together(onlyThose.map, onlyThose.states, search(3))[0]).toEqual([0, 1, 2])
  })

  test('others who sit apart do not take a wheelchair place while other seats are left', () => {
    const { map, states } = house('wss.', 's.s.')
    expect(apart(map, states, search(2))).toEqual([[3, 5]])
    expect(apart(map, states, search(4))).toEqual([[0, 3, 5, 7]])
  })

  test.for([
    { rule: 'a wheelchair place alone', rows: ['..wc', '....'], quantity: 1, seats: [2] },
    { rule: 'with its companion', rows: ['..wc', '....'], quantity: 2, seats: [1, 2] },
    { rule: 'never without a wheelchair place', rows: ['..sc', '....'], quantity: 2, seats: undefined },
    { rule: 'in the next row when the first is taken', rows: ['..sc', '.wc.'], quantity: 3, seats: [4, 5, 6] },
    { rule: 'never apart', rows: ['wsss', 'wsss'], quantity: 2, seats: undefined },
  ])('accessible: $rule', ({ rows, quantity, seats }) => {
    const { map, states } = house(...rows)
    expect(together(map, states, search(quantity, { accessible: true }))[0]).toEqual(seats)
    expect(apart(map, states, search(quantity, { accessible: true }))).toEqual([])
  })

  test('a wheelchair wish in a house full of them is a short list too', () => {
    const { map, states } = house('w'.repeat(60), 'w'.repeat(60))
    expect(together(map, states, search(2, { accessible: true })).length).toBeLessThanOrEqual(8)
  })

  test('chooses what trying every way in the order of preference would choose', () => {
    const letters = fc.constantFrom('.', '.', '.', 's', 'h', ' ', 'w', 'c')
    const houses = fc.integer({ min: 1, max: 9 }).chain((seatsPerRow) =>
      fc.array(
        fc.array(letters, { minLength: seatsPerRow, maxLength: seatsPerRow }).map((row) => row.join('')),
        { minLength: 1, maxLength: 5 },
      ),
    )
    fc.assert(
      fc.property(houses, fc.integer({ min: 1, max: 6 }), (rows, quantity) => {
        const { map, states } = house(...rows)
        const found = together(map, states, search(quantity))[0] ?? apart(map, states, search(quantity))[0]
        expect(found).toEqual(bruteForce(rows, quantity))
      }),
      { numRuns: 1500 },
    )
  })

  /** Ways to split the wish, largest blocks first; whole wishes before split ones, and ordinary seats before all seats. */
  function bruteForce(rows: string[], quantity: number): number[] | undefined {
    const [whole, ...split] = partitions(quantity, quantity)
    for (const ways of [[whole as number[]], split])
      for (const allowed of ['.', '.wc'])
        for (const blocks of ways) {
          const seats = place(
            blocks,
            [...rows.join('|')].map((letter) => allowed.includes(letter)),
          )
          if (seats) return seats.map((i) => i - Math.floor(i / ((rows[0]?.length ?? 0) + 1))).sort((a, b) => a - b)
        }
    return undefined
  }

  /** Each block at the first place that is free for all of it; rows are kept apart by a bar that is never free. */
  function place([size, ...more]: number[], free: boolean[]): number[] | undefined {
    if (size === undefined) return []
    const first = free.findIndex((_, i) => free.slice(i, i + size).filter(Boolean).length === size)
    if (first < 0) return undefined
    const seats = Array.from({ length: size }, (_, i) => first + i)
    const rest = place(
      more,
      free.map((is, i) => is && !seats.includes(i)),
    )
    return rest && [...seats, ...rest]
  }

  /** 4: [4], [3, 1], [2, 2], [2, 1, 1], [1, 1, 1, 1]. */
  function partitions(quantity: number, largest: number): number[][] {
    if (quantity === 0) return [[]]
    const sizes = Array.from({ length: Math.min(quantity, largest) }, (_, i) => Math.min(quantity, largest) - i)
    return sizes.flatMap((size) => partitions(quantity - size, size).map((rest) => [size, ...rest]))
  }
})

describe('refusals of named seats: the seat first, then whether it is worth looking in the zone and the row', () => {
  const named = (...seats: number[]): Named => ({ kind: 'named', zone: zone(1), seats })
  test.for([
    { given: 'seats are left in its row', free: [1, 9], seats: [0], taken: ['A1'], zoneFull: false, rowFull: false },
    { given: 'its row is full', free: [9], seats: [0], taken: ['A1'], zoneFull: false, rowFull: true },
    { given: 'the zone is full', free: [], seats: [0], taken: ['A1'], zoneFull: true, rowFull: true },
    { given: 'one of two is taken', free: [0, 7], seats: [0, 1], taken: ['A2'], zoneFull: false, rowFull: false },
    { given: 'both are taken, one row is full', free: [1], seats: [0, 6], taken: ['A1', 'B1'], zoneFull: false, rowFull: false },
    { given: 'both are taken, both rows are full', free: [23], seats: [0, 6], taken: ['A1', 'B1'], zoneFull: false, rowFull: true },
  ])('$given', ({ free, seats, taken, zoneFull, rowFull }) => {
    const refusal = refuseNamed(named(...seats), statesWithFree(24, free))
    expect(refusal.code).toBe('seat-occupied')
    const names = taken.map((name) => ({ zoneId: 1, row: name[0], column: name.slice(1) }))
    expect(refusal.facts).toEqual({ seats: names, zoneFull, rowFull })
    for (const { row, column } of names) expect(refusal.message).toContain(`row ${row}, seat ${column}`)
  })
})

describe('refusals of the best available', () => {
  const best = (fields: Partial<Best>): Best => ({
    kind: 'best',
    zones: [zone(1)],
    quantity: 4,
    row: null,
    accessible: false,
    named: true,
    ...fields,
  })
  const full = statesWithFree(24, [])

  test.for([
    {
      given: 'too few are free in the zone',
      wanted: {},
      states: [statesWithFree(24, [3, 9])],
      code: 'not-enough-seats',
      facts: { available: 2 },
    },
    { given: 'the zone is full', wanted: {}, states: [full], code: 'zone-full', facts: { zoneId: 1 } },
    {
      given: 'the row is full',
      wanted: { row: 1 },
      states: [statesWithFree(24, [0, 23])],
      code: 'row-full',
      facts: { zoneId: 1, row: 'B' },
    },
    {
      given: 'too few in the row',
      wanted: { row: 1 },
      states: [statesWithFree(24, [0, 6, 23])],
      code: 'not-enough-seats',
      facts: { available: 1 },
    },
    {
      given: 'too few in every zone: the most that one has',
      wanted: { zones: [zone(1), zone(2)], named: false },
      states: [statesWithFree(24, [1, 3]), statesWithFree(15, [1, 3, 5])],
      code: 'not-enough-seats',
      facts: { available: 3 },
    },
    {
      given: 'every zone is full',
      wanted: { zones: [zone(1), zone(2)], named: false },
      states: [full, statesWithFree(15, [])],
      code: 'zone-full',
      facts: {},
    },
    {
      given: 'no wheelchair place is left but other seats are',
      wanted: { zones: [zone(2)], accessible: true },
      states: [statesWithFree(15, [1, 2, 7])],
      code: 'not-enough-seats',
      facts: { available: 0 },
    },
    {
      given: 'wheelchair places are left, but not in this row',
      wanted: { zones: [zone(2)], accessible: true, row: 0 },
      states: [statesWithFree(15, [1, 2, 5, 6])],
      code: 'not-enough-seats',
      facts: { available: 0 },
    },
  ] as { given: string; wanted: Partial<Best>; states: SeatStates[]; code: string; facts: object }[])(
    '$given: $code',
    ({ wanted, states, code, facts }) => {
      expect(refuseBest(best(wanted), states, [])).toMatchObject({ code, facts })
    },
  )

  test('nothing up to this price names the cheapest that is free', () => {
    const every = [
      { price: 9000, free: 3 },
      { price: 5000, free: 1 },
      { price: 3000, free: 0 },
    ]
    expect(refuseBest(best({ zones: [] }), [], every)).toMatchObject({ code: 'no-seats-at-price', facts: { priceFrom: 5000 } })
  })

  test('nothing up to this price and nothing free at all names no price', () => {
    expect(refuseBest(best({ zones: [] }), [], [{ price: 3000, free: 0 }]).facts).toEqual({})
  })
})

test('free seats are counted in the zone and in a row; held seats and gaps are not free', () => {
  const states = statesWithFree(24, [0, 5, 6, 23])
  states[6] = HELD
  states[23] = NONE
  expect(countFree(zone(1).map, states, null)).toBe(2)
  expect([0, 1, 2, 3].map((row) => countFree(zone(1).map, states, row))).toEqual([2, 0, 0, 0])
})

function statesWithFree(seats: number, free: readonly number[]): SeatStates {
  return Uint8Array.from({ length: seats }, (_, seat) => (free.includes(seat) ? FREE : SOLD))
}

function refusalOf(work: () => unknown): Refusal {
  try {
    work()
  } catch (error) {
    if (error instanceof Refusal) return error
    throw error
  }
  throw new Error('It was not refused.')
}

function badFields(bad: Wish): string[] {
  const refusal = refusalOf(() => understand(bad, show))
  expect(refusal.code).toBe('bad-input')
  return (refusal.facts.errors as FieldError[]).map(({ field }) => field)
}
