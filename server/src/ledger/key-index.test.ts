import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { KeyIndex } from './key-index.ts'

/** Few different tags, so that many meet in one slot or are the same. */
const tags = fc.oneof(fc.integer({ min: 1, max: 50 }), fc.constantFrom(1024, 2048, 4096, 8192), fc.integer({ min: 1, max: 2 ** 52 }))

test('finds what a Map of lists would find, through any growth', () => {
  fc.assert(
    fc.property(fc.array(tags, { maxLength: 3000, size: 'max' }), fc.array(tags, { maxLength: 20 }), (added, strangers) => {
      const index = new KeyIndex()
      const model = new Map<number, number[]>()
      added.forEach((tag, i) => {
        index.add(tag, i + 1)
        model.set(tag, [...(model.get(tag) ?? []), i + 1])
      })
      for (const tag of [...model.keys(), ...strangers]) expect(index.candidates(tag).sort(byNumber)).toEqual(model.get(tag) ?? [])
    }),
    { numRuns: 30 },
  )
})

test('keys before the oldest entry make room, so that it does not grow for ever, and the others stay', () => {
  const index = new KeyIndex()
  const kept = 1000
  for (let position = 1; position <= 200_000; position++) {
    index.oldest = position - kept
    index.add(position * 7919, position)
    if (position % 1000 !== 0) continue
    for (let recent = Math.max(1, position - kept + 1); recent <= position; recent += 97)
      expect(index.candidates(recent * 7919)).toEqual([recent])
  }
  const remembered = Array.from({ length: 200_000 }, (_, i) => index.candidates((i + 1) * 7919)).filter(({ length }) => length > 0)
  expect(remembered.length).toBeLessThan(kept * 8)
})

const byNumber = (a: number, b: number): number => a - b
