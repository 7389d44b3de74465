import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { Distribution } from './distribution.ts'

const BOUNDS = [0.001, 0.01, 0.1, 1]

it('counts each value once, under the first bound that is not below it', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.constantFrom(...BOUNDS), fc.double({ min: 0, max: 5, noNaN: true }))), (values) => {
      const distribution = new Distribution(BOUNDS)
      for (const value of values) distribution.add(value)
      const upTo = (bound: number) => values.filter((value) => value <= bound).length
      let sum = 0
      BOUNDS.forEach((bound, i) => {
        sum += distribution.counts[i] as number
        expect(sum).toBe(upTo(bound))
      })
      expect(sum + (distribution.counts[BOUNDS.length] as number)).toBe(values.length)
      expect(distribution.sum).toBeCloseTo(values.reduce((total, value) => total + value, 0))
    }),
  )
})

it('joins another one, also as it comes from another thread', () => {
  const [one, other, both] = [new Distribution(BOUNDS), new Distribution(BOUNDS), new Distribution(BOUNDS)]
  for (const value of [0.0005, 0.5]) one.add(value)
  for (const value of [0.05, 7]) other.add(value)
  for (const value of [0.0005, 0.5, 0.05, 7]) both.add(value)
  one.join(structuredClone(other))
  expect(one).toEqual(both)
})
