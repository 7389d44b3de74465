/** Seats by number: a zone is a field of rows, and seat `i` stands at row `i / seatsPerRow`, column `i % seatsPerRow`. */
import { FREE, rowName } from './ui/seat-map/seat-geometry.ts'

export function rowIndex(name: string): number {
  return [...name.toUpperCase()].reduce((sum, letter) => sum * 26 + letter.charCodeAt(0) - 64, 0) - 1
}

export function seatIndex(row: string, column: number, seatsPerRow: number): number {
  return rowIndex(row) * seatsPerRow + column - 1
}

export function seatName(index: number, seatsPerRow: number): { row: string; column: number } {
  return { row: rowName(Math.floor(index / seatsPerRow)), column: (index % seatsPerRow) + 1 }
}

/** "A1", or "A1-A4" within a row. */
export function seatSet(ranges: readonly string[], seatsPerRow: number): ReadonlySet<number> {
  const set = new Set<number>()
  for (const range of ranges) {
    const [, row = '', first = '', last = first] = /^([A-Z]+)(\d+)(?:-[A-Z]+(\d+))?$/i.exec(range) ?? []
    for (let column = Number(first); row && column <= Number(last); column++) set.add(seatIndex(row, column, seatsPerRow))
  }
  return set
}

/** The earliest row with so many free seats side by side. */
export function findTogether(
  seats: Uint8Array,
  seatsPerRow: number,
  many: number,
  fits: (run: readonly number[]) => boolean,
): number[] | null {
  for (let first = 0; first + many <= seats.length; first++) {
    if ((first % seatsPerRow) + many > seatsPerRow) continue
    const run = Array.from({ length: many }, (_, at) => first + at)
    if (run.every((seat) => seats[seat] === FREE) && fits(run)) return run
  }
  return null
}

/** The free seat nearest to one that is gone: a row away counts as much as two seats, because neighbours want to stay in the row. */
export function nearestFree(seats: Uint8Array, seatsPerRow: number, gone: number, fits: (seat: number) => boolean): number | null {
  const distance = (seat: number) =>
    Math.abs((seat % seatsPerRow) - (gone % seatsPerRow)) + 2 * Math.abs(Math.floor(seat / seatsPerRow) - Math.floor(gone / seatsPerRow))
  let best: number | null = null
  for (let seat = 0; seat < seats.length; seat++) {
    if (seats[seat] !== FREE || !fits(seat)) continue
    if (best === null || distance(seat) < distance(best)) best = seat
  }
  return best
}
