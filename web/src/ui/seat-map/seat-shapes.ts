// How a seat is drawn: one recipe for both painters. A pen collects one layer of one colour; the SVG painter's pens write path
// strings, the Canvas painter's pens fill a Path2D. Mine and lost are not here: they lie above (marks.ts), so that a pick
// touches neither painter.
import { FREE, HELD, OUTLINE_PITCH, SOLD } from './seat-geometry.ts'
import type { SeatPlace } from './seat-state.ts'

export type Pen = {
  readonly box: (x: number, y: number, side: number, radius: number) => void
  readonly disc: (x: number, y: number, side: number) => void
  /** x, y, x, y, ...: one open line. */
  readonly line: (...points: number[]) => void
}

/** Names of tokens.css. */
export type Ink =
  | '--surface'
  | '--ink'
  | '--red-tint'
  | '--seat-free-fill'
  | '--seat-free-line'
  | '--seat-mine-fill'
  | '--seat-mine-mark'
  | '--seat-held-fill'
  | '--seat-held-line'
  | '--seat-sold-fill'
  | '--seat-lost-line'

export type LayerName = 'sold' | 'free' | 'held' | 'bar' | 'figure' | 'plus'
export type Layer = { readonly name: LayerName; readonly fill?: Ink; readonly stroke?: Ink; readonly width: number }

/** From the lowest up. Below OUTLINE_PITCH a free seat is filled with its line colour. */
export function seatLayers(pitch: number): readonly Layer[] {
  const thin = thinLine(pitch)
  if (pitch < OUTLINE_PITCH) {
    return [
      { name: 'sold', fill: '--seat-sold-fill', width: 0 },
      { name: 'free', fill: '--seat-free-line', width: 0 },
      { name: 'held', fill: '--seat-held-fill', stroke: '--seat-held-line', width: thin },
      { name: 'bar', stroke: '--seat-held-line', width: thin },
    ]
  }
  return [
    { name: 'sold', fill: '--seat-sold-fill', width: 0 },
    { name: 'free', fill: '--seat-free-fill', stroke: '--seat-free-line', width: thin },
    { name: 'held', fill: '--seat-held-fill', stroke: '--seat-held-line', width: thin },
    { name: 'bar', stroke: '--seat-held-line', width: thin },
    { name: 'figure', stroke: '--seat-free-line', width: thin },
    { name: 'plus', stroke: '--seat-free-line', width: thin },
  ]
}

export const thinLine = (pitch: number): number => (pitch < OUTLINE_PITCH ? 1 : pitch < 18 ? 1.2 : 1.7)

/** Side and inset of a seat in its square, in half pixels: crisp at any pitch, and path strings a third shorter. */
export type SeatSize = { readonly side: number; readonly inset: number; readonly radius: number }

export function seatSize(pitch: number): SeatSize {
  const side = Math.max(1, Math.round(pitch * 1.4) / 2)
  return { side, inset: (pitch - side) / 2, radius: pitch < OUTLINE_PITCH ? 0 : Math.round(side * 0.88) / 4 }
}

export const toHalf = (px: number): number => Math.round(px * 2) / 2

export type Pens = Readonly<Record<LayerName, Pen>>

export function drawSeat(pens: Pens, code: number | undefined, place: SeatPlace, x: number, y: number, size: SeatSize): void {
  const { side, radius } = size
  if (code === SOLD) {
    const small = Math.max(1, toHalf(side * 0.38))
    pens.sold.box(x + toHalf((side - small) / 2), y + toHalf((side - small) / 2), small, 0)
    return
  }
  if (code !== FREE && code !== HELD) return
  const pen = code === FREE ? pens.free : pens.held
  if (place === 'accessible') pen.disc(x, y, side)
  else pen.box(x, y, side, radius)
  if (code === HELD) pens.bar.line(x + side * 0.18, y + side * 0.82, x + side * 0.82, y + side * 0.18)
  else if (radius === 0) return
  else if (place === 'accessible') drawWheelchair(pens.figure, x, y, side)
  else if (place === 'companion') drawPlus(pens.plus, x, y, side)
}

/** Head, back, seat and leg. Below 12 px only the dot: lines of 1.2 px would run together. */
function drawWheelchair(pen: Pen, x: number, y: number, side: number): void {
  if (side < 12) {
    pen.disc(x + side * 0.38, y + side * 0.38, side * 0.24)
    return
  }
  pen.disc(x + side * 0.38, y + side * 0.14, side * 0.16)
  pen.line(
    x + side * 0.46,
    y + side * 0.38,
    x + side * 0.46,
    y + side * 0.62,
    x + side * 0.66,
    y + side * 0.62,
    x + side * 0.76,
    y + side * 0.82,
  )
}

function drawPlus(pen: Pen, x: number, y: number, side: number): void {
  pen.line(x + side / 2, y + side * 0.28, x + side / 2, y + side * 0.72)
  pen.line(x + side * 0.28, y + side / 2, x + side * 0.72, y + side / 2)
}
