import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { hash52 } from './hash.ts'

test.for([
  ['', 15_216_031_280_548],
  ['a', 4_445_379_110_696_164],
  ['b0e1c3b8-6e1c-7c7a-9d41-0a8f4a6f1b2c', 3_318_294_660_101_836],
  ['schlüssel 🎟', 4_340_995_068_511_466],
] as [string, number][])('"%s" has the value that ledgers on disk have: it never changes', ([text, value]) => {
  expect(hash52(text)).toBe(value)
})

test('is a whole number from 1 that a float carries exactly', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      const hash = hash52(text)
      expect(Number.isSafeInteger(hash) && hash >= 1 && hash <= 2 ** 52).toBe(true)
    }),
  )
})

test('200,000 ids that follow one another have 200,000 values', () => {
  const hashes = new Set(Array.from({ length: 200_000 }, (_, i) => hash52(`tickets anyone ${i}`)))
  expect(hashes.size).toBe(200_000)
})

test('values spread evenly: no slot of 1,024 gets half as much again as its share', () => {
  const slots = new Uint32Array(1024)
  for (let i = 0; i < 500_000; i++) {
    const slot = hash52(`0198f0a1-${i.toString(16).padStart(8, '0')}`) % 1024
    slots[slot] = (slots[slot] as number) + 1
  }
  expect(Math.max(...slots)).toBeLessThan((500_000 / 1024) * 1.5)
  expect(Math.min(...slots)).toBeGreaterThan((500_000 / 1024) * 0.5)
})
