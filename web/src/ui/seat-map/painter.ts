// What a painter of seats does, and what it draws from. Two of them: SVG up to 5,000 seats, Canvas 2D above.
import type { SeatShape, View, Viewport } from './seat-geometry.ts'
import type { SeatPlace } from './seat-state.ts'

export type Scene = {
  readonly shape: SeatShape
  /** Mutated in place by the live stream. */
  readonly seats: Uint8Array
  readonly placeOf: (seat: number) => SeatPlace
}

export type Painter = {
  /** Sharp, all of what is in view. */
  readonly paint: (view: View, viewport: Viewport) => void
  /** Cheap, once per frame while a gesture runs. */
  readonly follow: (view: View, viewport: Viewport) => void
  /** These seats (null: all) are no longer what was painted. */
  readonly change: (seats: readonly number[] | null) => void
  readonly recolour: () => void
  readonly remove: () => void
}

/** SVG paths of 3,000 seats are built anew within a frame of 90 ms after a zoom (CPU time x 4), and it grows with the seats; the Canvas
 *  spreads 100,000 over frames of 44 ms at most. In return SVG draws below that without a theme to read and prints sharp. */
export const MOST_SVG_SEATS = 5000
