import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { columnOf, FREE, NONE, rowOf } from './seat-geometry.ts'
import { moveOfKey, moveSeat, type SeatField, type SeatMove, startSeat } from './seat-moves.ts'

/** 'x' is a free seat that is mine. */
function fieldOf(...lines: readonly string[]): SeatField {
  const codes = lines.join('')
  const seats = Uint8Array.from(codes, (code) => (code === 'x' ? FREE : code.charCodeAt(0)))
  return { shape: { rows: lines.length, seatsPerRow: lines[0]?.length ?? 0 }, seats, isFree: (seat) => codes[seat] === '.' }
}

const field = fieldOf(
  '.s h.', //
  's  ss',
  '.s.s.',
  'sssss',
  's ss.',
  's sss',
  '. hsx',
  'sss..',
)

const all: readonly SeatMove[] = [
  'left',
  'right',
  'up',
  'down',
  'row-start',
  'row-end',
  'first',
  'last',
  'page-up',
  'page-down',
  'next-free',
  'previous-free',
]

describe('a move', () => {
  const at = (row: number, column: number) => row * 5 + column
  test.each<[SeatMove, string, number, number]>([
    ['right', 'one seat', at(0, 0), at(0, 1)],
    ['right', 'over what is no seat', at(0, 1), at(0, 3)],
    ['right', 'stops at the edge', at(0, 4), at(0, 4)],
    ['left', 'over what is no seat', at(1, 3), at(1, 0)],
    ['left', 'stops at the edge', at(1, 0), at(1, 0)],
    ['down', 'over what is no seat', at(3, 1), at(7, 1)],
    ['down', 'stops at the edge', at(7, 2), at(7, 2)],
    ['up', 'over what is no seat', at(2, 2), at(2, 2)],
    ['up', 'one row', at(2, 1), at(2, 1) - 10],
    ['row-start', 'of a row that begins with a seat', at(2, 3), at(2, 0)],
    ['row-end', 'of the row', at(4, 0), at(4, 4)],
    ['first', 'of the zone', at(5, 3), at(0, 0)],
    ['last', 'of the zone', at(0, 0), at(7, 4)],
    ['page-down', 'five rows', at(0, 3), at(5, 3)],
    ['page-down', 'to the last row where there are fewer', at(4, 3), at(7, 3)],
    ['page-down', 'beyond what is no seat', at(0, 1), at(7, 1)],
    ['page-up', 'five rows', at(7, 4), at(2, 4)],
    ['page-up', 'to the first row', at(3, 0), at(0, 0)],
    ['page-up', 'to the last seat before what is no seat', at(4, 2), at(2, 2)],
    ['next-free', 'over rows, skips held, sold and mine', at(4, 4), at(6, 0)],
    ['next-free', 'skips mine', at(6, 0), at(7, 3)],
    ['next-free', 'stays after the last', at(7, 4), at(7, 4)],
    ['previous-free', 'over rows', at(2, 0), at(0, 4)],
    ['previous-free', 'stays before the first', at(0, 0), at(0, 0)],
  ])('%s: %s', (move, _, from, to) => expect(moveSeat(field, from, move)).toBe(to))

  const fields = fc
    .tuple(fc.integer({ min: 1, max: 14 }), fc.integer({ min: 1, max: 14 }))
    .chain(([rows, columns]) =>
      fc.array(fc.string({ unit: fc.constantFrom('.', 'h', 's', ' ', 'x'), minLength: columns, maxLength: columns }), {
        minLength: rows,
        maxLength: rows,
      }),
    )
    .map((lines) => fieldOf(...lines))
    .filter(({ seats }) => seats.some((code) => code !== NONE))
  const seatIn = ({ seats }: SeatField, pick: number) => {
    const there = [...seats.keys()].filter((seat) => seats[seat] !== NONE)
    return there[pick % there.length] ?? 0
  }

  test('always lands on a seat', () => {
    fc.assert(
      fc.property(fields, fc.nat(), fc.array(fc.constantFrom(...all), { maxLength: 12 }), (field, pick, moves) => {
        let seat = seatIn(field, pick)
        for (const move of moves) {
          seat = moveSeat(field, seat, move)
          expect(field.seats[seat]).not.toBe(NONE)
          expect(field.seats[seat]).toBeDefined()
        }
      }),
    )
  })

  test('left and right stay in the row, up, down and pages in the column, and none turns back', () => {
    fc.assert(
      fc.property(fields, fc.nat(), (field, pick) => {
        const seat = seatIn(field, pick)
        const { shape } = field
        for (const move of ['left', 'right', 'row-start', 'row-end'] as const)
          expect(rowOf(shape, moveSeat(field, seat, move))).toBe(rowOf(shape, seat))
        for (const move of ['up', 'down', 'page-up', 'page-down'] as const)
          expect(columnOf(shape, moveSeat(field, seat, move))).toBe(columnOf(shape, seat))
        for (const move of ['right', 'down', 'page-down', 'next-free'] as const)
          expect(moveSeat(field, seat, move)).toBeGreaterThanOrEqual(seat)
        for (const move of ['left', 'up', 'page-up', 'previous-free'] as const)
          expect(moveSeat(field, seat, move)).toBeLessThanOrEqual(seat)
      }),
    )
  })

  test('F again and again meets every free seat once', () => {
    fc.assert(
      fc.property(fields, (field) => {
        const free = [...field.seats.keys()].filter(field.isFree)
        const met: number[] = []
        for (let seat = -1, next = moveSeat(field, seat, 'next-free'); next !== seat; next = moveSeat(field, seat, 'next-free')) {
          met.push(next)
          seat = next
        }
        expect(met).toEqual(free)
      }),
    )
  })
})

describe('a key', () => {
  const key = (key: string, more = {}) => ({ key, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...more })
  test.each([
    [key('ArrowLeft'), 'left'],
    [key('PageDown'), 'page-down'],
    [key('Home'), 'row-start'],
    [key('End', { ctrlKey: true }), 'last'],
    [key('f'), 'next-free'],
    [key('F', { shiftKey: true }), 'previous-free'],
    [key('F'), 'next-free'],
    [key('f', { ctrlKey: true }), undefined],
    [key('ArrowLeft', { altKey: true }), undefined],
    [key('ArrowLeft', { metaKey: true }), undefined],
    [key('x'), undefined],
    [key('toString'), undefined],
  ])('%o is %s', (pressed, move) => expect(moveOfKey(pressed)).toBe(move))
})

describe('the focus starts', () => {
  test.each([
    ['at my first seat', ['s.', '.s'], [3, 2], 2],
    ['else at the first free one', ['s.', '.s'], [], 1],
    ['else at the first seat', [' s', 'ss'], [], 1],
    ['nowhere without seats', ['  '], [], undefined],
  ])('%s', (_, lines, mine, seat) => expect(startSeat(fieldOf(...lines), new Set(mine))).toBe(seat))
})
