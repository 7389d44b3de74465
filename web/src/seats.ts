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

/** The free seats side by side nearest to some that are gone, as many as those: a row away counts as much as two seats, because neighbours want
 *  to stay in the row. */
export function nearestRun(
  seats: Uint8Array,
  seatsPerRow: number,
  gone: readonly number[],
  fits: (run: readonly number[]) => boolean,
): number[] | null {
  const [from = 0] = gone
  const distance = (seat: number) =>
    Math.abs((seat % seatsPerRow) - (from % seatsPerRow)) + 2 * Math.abs(Math.floor(seat / seatsPerRow) - Math.floor(from / seatsPerRow))
  let best: number[] | null = null
  for (let seat = 0; seat + gone.length <= seats.length; seat++) {
    if ((seat % seatsPerRow) + gone.length > seatsPerRow || (best && distance(seat) >= distance(best[0] as number))) continue
    const run = gone.map((_, at) => seat + at)
    if (run.every((each) => seats[each] === FREE) && fits(run)) best = run
  }
  return best
}
