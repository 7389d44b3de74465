import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { commandKey } from './idempotency.ts'

const fingerprint = (body: unknown) => commandKey('key', 'tickets', 'anyone', body)?.fingerprint

/** The same JSON with the fields of every object the other way round. */
function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([name, each]) => [name, reversed(each)]),
  )
}

const json = fc.jsonValue({ maxDepth: 4 }).map((value) => JSON.parse(JSON.stringify(value)) as unknown)

test('the order of fields does not matter', () => {
  fc.assert(
    fc.property(json, (value) => {
      expect(fingerprint(reversed(value))).toBe(fingerprint(value))
    }),
  )
})

test('anything else does', () => {
  fc.assert(
    fc.property(json, json, (a, b) => {
      const same = canonical(a) === canonical(b)
      expect(fingerprint(a) === fingerprint(b)).toBe(same)
    }),
    { numRuns: 2000 },
  )
})

test.each([
  [{ zoneId: 1 }, { zoneId: '1' }],
  [{ column: '1' }, { column: 2 }],
  [{ column: '12' }, { column: 22 }],
  [{ a: 'bc' }, { ab: 'c' }],
  [
    { a: 'b', c: 'd' },
    { a: 'd', c: 'b' },
  ],
  [
    [1, 2],
    [2, 1],
  ],
  [
    [[1], 2],
    [1, [2]],
  ],
  [['ab'], ['a', 'b']],
  [{}, []],
  [null, 'null'],
  [{ a: {} }, { a: { a: {} } }],
  [{ seats: [{ row: 'A' }, { row: 'B' }] }, { seats: [{ row: 'B' }, { row: 'A' }] }],
])('%j is not %j', (a, b) => {
  expect(fingerprint(a)).not.toBe(fingerprint(b))
})

test('a million wishes for one event have a million fingerprints', () => {
  const seen = new Set<string | undefined>()
  for (let zoneId = 1; zoneId <= 200; zoneId++)
    for (let row = 0; row < 50; row++)
      for (let column = 1; column <= 100; column++)
        seen.add(fingerprint({ venueId: 'Venue1', eventId: 'Event1', zoneId, row: `A${row}`, column: String(column) }))
  expect(seen.size).toBe(1_000_000)
})

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical)}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const fields = Object.entries(value).map(([name, each]) => `${JSON.stringify(name)}:${canonical(each)}`)
  return `{${fields.sort()}}`
}
