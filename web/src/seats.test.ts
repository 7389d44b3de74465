import { describe, expect, it } from 'vitest'
import { findTogether, nearestRun, rowIndex, seatIndex, seatName, seatSet } from './seats.ts'
import { rowName } from './ui/seat-map/seat-geometry.ts'

const zone = (...rows: string[]) => new TextEncoder().encode(rows.join(''))
const any = () => true

describe('a seat', () => {
  it('has a row of letters, there and back', () => {
    for (const row of [0, 25, 26, 51, 701, 702]) expect(rowIndex(rowName(row))).toBe(row)
    expect(rowIndex('aa')).toBe(26)
    expect(seatName(seatIndex('C', 7, 30), 30)).toEqual({ row: 'C', column: 7 })
  })

  it('stands in a list of ranges', () => {
    expect([...seatSet(['A1', 'B2-B4', 'nonsense'], 10)]).toEqual([0, 11, 12, 13])
  })
})

describe('seats side by side', () => {
  it('are found in the earliest row, never over its end', () => {
    expect(findTogether(zone('.s..', '....'), 4, 2, any)).toEqual([2, 3])
    expect(findTogether(zone('ss..', '..ss'), 4, 3, any)).toBeNull()
    expect(findTogether(zone('.. .', 'h...'), 4, 3, any)).toEqual([5, 6, 7])
  })

  it('leave out what does not fit', () => {
    expect(findTogether(zone('....'), 4, 2, (run) => !run.includes(0))).toEqual([1, 2])
  })
})

describe('the nearest free seat', () => {
  it('prefers the row', () => {
    expect(nearestRun(zone('s.s.', '....'), 4, [0], any)).toEqual([1])
    expect(nearestRun(zone('ssss', '....'), 4, [0], any)).toEqual([4])
  })

  it('is none in a full house', () => {
    expect(nearestRun(zone('sshs'), 4, [0], any)).toBeNull()
  })
})
