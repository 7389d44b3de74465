/** Pure: which seats are the best that a zone still has, as far as is believed. Change here what "best" means. */
import { FREE, type SeatStates } from '../ledger/ledger.ts'
import type { ZoneMap } from './map.ts'

/** How many alternatives travel to the ledger with a wish. In a rush 8 sell 97 to 100 % of a house. */
const OPTIONS = 8

/** `among`: the choice is one of so many of the best, by `lot`; without it, the best. */
export type Search = { quantity: number; row: number | null; accessible: boolean; among?: number; lot?: number }
type Allowed = (seat: number) => boolean

/** Sets of seats side by side: earliest row, earliest run. Wheelchair places and their companions are kept for last. */
export function together(zone: ZoneMap, states: SeatStates, search: Search): number[][] {
  if (search.accessible) return accessible(zone, states, search)
  const plain = byLot(freeRuns(zone, states, search.row, isPlain(zone)), search)
  return plain.length > 0 || zone.accessible.size + zone.companion.size === 0
    ? plain
    : byLot(freeRuns(zone, states, search.row, anySeat), search)
}

/** Where no such run is left: the largest blocks first (3+1, 2+2, 2+1+1, 1+1+1+1), each in the earliest row and run. At most one set. */
export function apart(zone: ZoneMap, states: SeatStates, search: Search): number[][] {
  if (search.accessible || search.quantity === 1) return []
  for (const allowed of [isPlain(zone), anySeat]) {
    const free = [...freeRuns(zone, states, search.row, allowed)]
    if (free.reduce((sum, run) => sum + run.length, 0) >= search.quantity) return [largestBlocks(search.quantity, free)]
  }
  return []
}

const anySeat: Allowed = () => true

/** Neither a wheelchair place nor the seat of a companion. */
const isPlain =
  (zone: ZoneMap): Allowed =>
  (seat) =>
    !zone.accessible.has(seat) && !zone.companion.has(seat)

/** Sets that have a wheelchair place. */
function accessible(zone: ZoneMap, states: SeatStates, { quantity, row }: Search): number[][] {
  const found: number[][] = []
  for (const run of freeRuns(zone, states, row, anySeat))
    for (let i = 0; i + quantity <= run.length && found.length < OPTIONS; i++) {
      const seats = run.slice(i, i + quantity)
      if (seats.some((seat) => zone.accessible.has(seat))) found.push(seats)
    }
  return found
}

/**
 * Some of the first `among` sets, by lot. They share no seat, so that a lost one leaves the others whole. Only those that are returned are made: to
 * make all of 512 was a sixth of what a purchase cost when twelve processes wanted one zone.
 */
function byLot(freeRuns: Iterable<number[]>, { quantity, among = OPTIONS, lot = 0 }: Search): number[][] {
  const runs: number[][] = []
  let count = 0
  for (const run of freeRuns) {
    runs.push(run)
    count = Math.min(among, count + Math.floor(run.length / quantity))
    if (count === among) break
  }
  let skipped = count > OPTIONS ? lot % (count - OPTIONS + 1) : 0
  const found: number[][] = []
  for (const run of runs) {
    const sets = Math.floor(run.length / quantity)
    for (let i = Math.min(skipped, sets); i < sets && found.length < Math.min(OPTIONS, count); i++)
      found.push(run.slice(i * quantity, (i + 1) * quantity))
    skipped -= Math.min(skipped, sets)
  }
  return found
}

function* freeRuns(zone: ZoneMap, states: SeatStates, row: number | null, allowed: Allowed): Generator<number[]> {
  const [from, to] = row === null ? [0, zone.rows - 1] : [row, row]
  for (let r = from; r <= to; r++) {
    let run: number[] = []
    for (let seat = r * zone.seatsPerRow; seat < (r + 1) * zone.seatsPerRow; seat++) {
      if (states[seat] === FREE && allowed(seat)) run.push(seat)
      else if (run.length > 0) {
        yield run
        run = []
      }
    }
    if (run.length > 0) yield run
  }
}

/** The largest block that any run still holds, in the earliest such run; then the largest of the rest. The runs hold enough in all. */
function largestBlocks(quantity: number, runs: readonly number[][]): number[] {
  const left = runs.map((run) => run.slice())
  const seats: number[] = []
  while (seats.length < quantity) {
    const longest = left.reduce((most, run) => Math.max(most, run.length), 0)
    const size = Math.min(quantity - seats.length, longest)
    seats.push(...(left.find((run) => run.length >= size) as number[]).splice(0, size))
  }
  return seats.sort((a, b) => a - b)
}
