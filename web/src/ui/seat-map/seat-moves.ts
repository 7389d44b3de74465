// Where a key leads in the grid of seats. Every move lands on a seat: what is no seat is skipped, and at an edge the focus stays.
import { columnOf, NONE, rowOf, type SeatShape } from './seat-geometry.ts'

export type SeatMove =
  | 'left'
  | 'right'
  | 'up'
  | 'down'
  | 'row-start'
  | 'row-end'
  | 'first'
  | 'last'
  | 'page-up'
  | 'page-down'
  | 'next-free'
  | 'previous-free'

type Key = {
  readonly key: string
  readonly ctrlKey: boolean
  readonly metaKey: boolean
  readonly altKey: boolean
  readonly shiftKey: boolean
}

const moves: ReadonlyMap<string, SeatMove> = new Map([
  ['ArrowLeft', 'left'],
  ['ArrowRight', 'right'],
  ['ArrowUp', 'up'],
  ['ArrowDown', 'down'],
  ['Home', 'row-start'],
  ['End', 'row-end'],
  ['PageUp', 'page-up'],
  ['PageDown', 'page-down'],
])

export function moveOfKey({ key, ctrlKey, metaKey, altKey, shiftKey }: Key): SeatMove | undefined {
  if (altKey || metaKey) return undefined
  if (ctrlKey) return key === 'Home' ? 'first' : key === 'End' ? 'last' : undefined
  // Not by the case of the letter: with Caps Lock they are the other way round.
  if (key === 'f' || key === 'F') return shiftKey ? 'previous-free' : 'next-free'
  return moves.get(key)
}

const PAGE_ROWS = 5

export type SeatField = { readonly shape: SeatShape; readonly seats: Uint8Array; readonly isFree: (seat: number) => boolean }

export function moveSeat(field: SeatField, at: number, move: SeatMove): number {
  const { shape } = field
  const columns = shape.seatsPerRow
  const row = rowOf(shape, at)
  const line = row * columns
  const end = line + columns - 1
  const last = shape.rows * columns - 1
  const isSeat = (seat: number) => field.seats[seat] !== NONE
  switch (move) {
    case 'left':
      return seek(at - 1, line, -1, isSeat) ?? at
    case 'right':
      return seek(at + 1, end, 1, isSeat) ?? at
    case 'up':
      return seek(at - columns, 0, -columns, isSeat) ?? at
    case 'down':
      return seek(at + columns, last, columns, isSeat) ?? at
    case 'row-start':
      return seek(line, end, 1, isSeat) ?? at
    case 'row-end':
      return seek(end, line, -1, isSeat) ?? at
    case 'first':
      return seek(0, last, 1, isSeat) ?? at
    case 'last':
      return seek(last, 0, -1, isSeat) ?? at
    case 'page-up':
      return page(field, at, Math.max(0, row - PAGE_ROWS), -columns)
    case 'page-down':
      return page(field, at, Math.min(shape.rows - 1, row + PAGE_ROWS), columns)
    case 'next-free':
      return seek(at + 1, last, 1, field.isFree) ?? at
    case 'previous-free':
      return seek(at - 1, 0, -1, field.isFree) ?? at
  }
}

/** Five rows on, or the seat beyond it in that column, or else the last one before it. */
function page({ shape, seats }: SeatField, at: number, row: number, step: number): number {
  const isSeat = (seat: number) => seats[seat] !== NONE
  const target = row * shape.seatsPerRow + columnOf(shape, at)
  const edge = step > 0 ? shape.rows * shape.seatsPerRow - 1 : 0
  return seek(target, edge, step, isSeat) ?? seek(target - step, at, -step, isSeat) ?? at
}

function seek(from: number, to: number, step: number, wanted: (seat: number) => boolean): number | undefined {
  for (let seat = from; step > 0 ? seat <= to : seat >= to; seat += step) if (wanted(seat)) return seat
  return undefined
}

/** Where the focus starts: my first seat, else the first free one, else the first seat at all. */
export function startSeat(field: SeatField, mine: ReadonlySet<number>): number | undefined {
  const last = field.seats.length - 1
  const first = mine.size > 0 ? Math.min(...mine) : undefined
  return first ?? seek(0, last, 1, field.isFree) ?? seek(0, last, 1, (seat) => field.seats[seat] !== NONE)
}
