// What a seat is for me: what the server says of it, and above that what I picked or just lost.
import { FREE, HELD, NONE } from './seat-geometry.ts'

export type SeatLook = 'free' | 'mine' | 'held' | 'sold' | 'lost'
export type SeatPlace = 'standard' | 'accessible' | 'companion'

type Places = { readonly accessible: ReadonlySet<number>; readonly companion: ReadonlySet<number> }
type Marks = { readonly mine: ReadonlySet<number>; readonly lost: ReadonlySet<number> }

/** Mine wins over the letter: own holds are 'h' for everybody. Undefined where there is no seat. */
export function lookOf(code: number | undefined, seat: number, { mine, lost }: Marks): SeatLook | undefined {
  if (code === undefined || code === NONE) return undefined
  if (mine.has(seat)) return 'mine'
  if (lost.has(seat)) return 'lost'
  return code === FREE ? 'free' : code === HELD ? 'held' : 'sold'
}

export function placeOf(zone: Places, seat: number): SeatPlace {
  return zone.accessible.has(seat) ? 'accessible' : zone.companion.has(seat) ? 'companion' : 'standard'
}
