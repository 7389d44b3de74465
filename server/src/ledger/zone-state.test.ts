import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { FREE, HELD, NONE, SOLD } from './ledger.ts'
import { pack, unpack, type ZoneState } from './zone-state.ts'

const zones: fc.Arbitrary<ZoneState> = fc
  .array(
    fc.record({
      state: fc.constantFrom(FREE, HELD, SOLD, NONE),
      owner: fc.oneof(fc.constant(0), fc.maxSafeNat()),
      until: fc.option(fc.maxSafeNat(), { nil: undefined }),
    }),
    { maxLength: 200 },
  )
  .map((seats) => ({
    seats: seats.length,
    states: Uint8Array.from(seats, ({ state }) => state),
    owners: Float64Array.from(seats, ({ owner }) => owner),
    until: new Map(seats.flatMap(({ until }, seat) => (until === undefined ? [] : [[seat, until] as const]))),
  }))

test('a zone comes back from disk as it went there', () => {
  fc.assert(fc.property(zones, (zone) => void expect(unpack(pack(zone))).toEqual(zone)))
})

test('a seat takes two bits', () => {
  fc.assert(fc.property(zones, (zone) => void expect(pack(zone).states).toHaveLength(Math.ceil(zone.seats / 4))))
})
