import { describe, expect, test } from 'vitest'
import { FREE } from '../ledger/ledger.ts'
import { Beliefs } from './beliefs.ts'
import { together } from './best-available.ts'
import { zoneMap } from './map.ts'

test('free seats are counted as they change, whatever is marked how often', () => {
  const beliefs = new Beliefs()
  let seed = 7
  const below = (n: number): number => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0
    return (seed >>> 8) % n
  }
  const some = (): number[] => Array.from({ length: below(5) }, () => below(12))
  for (let i = 0; i < 20_000; i++) {
    const key = `e/${below(3)}`
    if (below(20) === 0)
      beliefs.learn(
        key,
        Uint8Array.from({ length: 12 }, () => below(4)),
        i,
      )
    else if (below(2) === 0) beliefs.claim(key, some())
    else beliefs.settle(key, some(), some())
    expect(beliefs.free(key)).toBe(beliefs.of(key)?.filter((state) => state === FREE).length ?? 0)
  }
})

describe('races for the best seats of a zone', () => {
  test('who wins asks for the best; who loses chooses among more, up to a limit, and comes back by winning', () => {
    const beliefs = new Beliefs()
    const among = (): number => beliefs.among('e/1')
    beliefs.raced('e/1', true)
    expect(among()).toBe(8)
    beliefs.raced('e/1', false)
    expect([among(), beliefs.among('e/2')]).toEqual([16, 8])
    for (let i = 0; i < 20; i++) beliefs.raced('e/1', false)
    expect(among()).toBe(512)
    for (let i = 0; i < 200; i++) beliefs.raced('e/1', true)
    expect(among()).toBe(8)
  })

  test('eight of the best so many, by lot: different for different lots, never beyond, and the best without', () => {
    const zone = zoneMap({ zoneId: 1, rows: 10, seatsPerRow: 20 })
    const setsOf = (lot: number, among: number): number[] =>
      together(zone, new Uint8Array(200), { quantity: 2, row: null, accessible: false, among, lot }).map(([first]) => first as number)
    const best = Array.from({ length: 8 }, (_, i) => i * 2)
    expect(setsOf(123, 8)).toEqual(best)
    const starts = new Set(Array.from({ length: 200 }, (_, lot) => setsOf(lot * 7919, 32)).map((sets) => sets[0] as number))
    expect([...starts].sort((a, b) => a - b)).toEqual(Array.from({ length: 25 }, (_, i) => i * 2))
    expect(setsOf(24, 32)).toEqual(best.map((seat) => seat + 48))
  })
})
