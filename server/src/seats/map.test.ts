import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { rowIndex, rowName, seatName, zoneMap } from './map.ts'

const hall = { zoneId: 7, rows: 28, seatsPerRow: 30 }

describe('rows', () => {
  test.for([
    [0, 'A'],
    [1, 'B'],
    [25, 'Z'],
    [26, 'AA'],
    [51, 'AZ'],
    [52, 'BA'],
    [701, 'ZZ'],
    [702, 'AAA'],
    [999, 'ALL'],
  ] as [number, string][])('row %i is called %s', ([index, name]) => {
    expect(rowName(index)).toBe(name)
    expect(rowIndex(name)).toBe(index)
    expect(rowIndex(name.toLowerCase())).toBe(index)
  })

  test('name and index are inverse for every row that a name of three letters can say', () => {
    fc.assert(fc.property(fc.nat({ max: 18_277 }), (index) => rowIndex(rowName(index)) === index))
  })

  test('a name means one row in any case of its letters', () => {
    const names = fc.string({ unit: fc.constantFrom(...'abcXYZ'), minLength: 1, maxLength: 3 })
    fc.assert(fc.property(names, (name) => rowName(rowIndex(name)) === name.toUpperCase()))
  })

  test.for(['', '1', 'A1', '-', ' A', 'A ', 'Ä', 'ß', 'Ａ', 'AAAA', '@', '[', '`', '{', 'А'])('"%s" is no row', (name) => {
    expect(rowIndex(name)).toBe(-1)
  })
})

describe('seats', () => {
  test.for([
    ['A', '1', 0],
    ['A', '30', 29],
    ['B', '1', 30],
    ['Z', '30', 779],
    ['AA', '1', 780],
    ['AB', '30', 839],
  ] as [string, string, number][])('row %s seat %s stands at bit %i: rowIndex * seatsPerRow + column - 1', ([row, column, seat]) => {
    expect(rowIndex(row) * hall.seatsPerRow + Number(column) - 1).toBe(seat)
    expect(seatName(hall, seat)).toEqual({ row, column })
  })

  test('every seat of every zone has a name of its own that leads back to it', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 60 }), (rows, seatsPerRow) => {
        const names = new Set<string>()
        for (let seat = 0; seat < rows * seatsPerRow; seat++) {
          const { row, column } = seatName({ seatsPerRow }, seat)
          expect(rowIndex(row) * seatsPerRow + Number(column) - 1).toBe(seat)
          names.add(row + column)
        }
        expect(names.size).toBe(rows * seatsPerRow)
      }),
      { numRuns: 20 },
    )
  })
})

describe('a zone', () => {
  test('has as many seats as rows times seats per row', () => {
    expect(zoneMap(hall)).toEqual({ ...hall, capacity: 840, gaps: new Set(), accessible: new Set(), companion: new Set() })
  })

  test('gaps are no seats, wheelchair places and companions are', () => {
    const zone = zoneMap({ zoneId: 1, rows: 3, seatsPerRow: 5, gaps: ['A1', 'C4-C5'], accessible: ['b1-B2'], companion: ['B3'] })
    expect(zone.gaps).toEqual(new Set([0, 13, 14]))
    expect(zone.accessible).toEqual(new Set([5, 6]))
    expect(zone.companion).toEqual(new Set([7]))
    expect(zone.capacity).toBe(12)
  })

  test('a gap that is named twice is one gap', () => {
    expect(zoneMap({ zoneId: 1, rows: 1, seatsPerRow: 5, gaps: ['A1-A3', 'A2'] }).capacity).toBe(2)
  })

  test('the last seat of the last row may be named', () => {
    expect(zoneMap({ ...hall, gaps: ['AB30'] }).gaps).toEqual(new Set([839]))
  })

  test.for([
    ['a row that it does not have', 'AC1'],
    ['a seat beyond its rows', 'A31'],
    ['seat 0', 'A0'],
    ['a range across two rows', 'A30-B1'],
    ['a range that runs backwards', 'A5-A2'],
    ['a range that ends beyond the row', 'A5-A31'],
    ['no seat at all', 'x'],
    ['digits only', '12'],
    ['an empty range', ''],
    ['half a range', 'A1-'],
  ] as [string, string][])('refuses %s, and says which field, zone and range', ([, range]) => {
    for (const field of ['gaps', 'accessible', 'companion'])
      expect(() => zoneMap({ ...hall, [field]: [range] })).toThrow(`${field} of zone 7: ${range} is no range of seats in one row of it`)
  })
})
