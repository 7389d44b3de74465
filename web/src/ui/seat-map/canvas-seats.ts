// Draws seats into a Canvas: one path a colour.
import type { Scene } from './painter.ts'
import type { SeatColours } from './seat-colours.ts'
import { columnOf, OUTLINE_PITCH, type Point, rowOf } from './seat-geometry.ts'
import { drawSeat, type LayerName, type Pen, seatLayers, seatSize, toHalf } from './seat-shapes.ts'

class CanvasPen implements Pen {
  readonly path = new Path2D()
  used = false

  box = (x: number, y: number, side: number, radius: number): void => {
    this.used = true
    if (radius === 0) this.path.rect(x, y, side, side)
    else this.path.roundRect(x, y, side, side, radius)
  }

  disc = (x: number, y: number, side: number): void => {
    this.used = true
    this.path.moveTo(x + side, y + side / 2)
    this.path.arc(x + side / 2, y + side / 2, side / 2, 0, 7)
  }

  line = (...points: number[]): void => {
    this.used = true
    for (let at = 0; at < points.length; at += 2) {
      const x = points[at] ?? 0
      const y = points[at + 1] ?? 0
      if (at === 0) this.path.moveTo(x, y)
      else this.path.lineTo(x, y)
    }
  }
}

export type Brush = {
  readonly context: CanvasRenderingContext2D
  readonly pitch: number
  readonly colours: SeatColours
  readonly corner: Point
}

/** `brush.corner` is where the corner of seat 0 lies for the context. What was there before is cleared. */
export function paintSeats({ context, pitch, colours, corner }: Brush, scene: Scene, seats: Iterable<number>): void {
  const size = seatSize(pitch)
  const pens: Record<LayerName, CanvasPen> = {
    sold: new CanvasPen(),
    free: new CanvasPen(),
    held: new CanvasPen(),
    bar: new CanvasPen(),
    figure: new CanvasPen(),
    plus: new CanvasPen(),
  }
  // A seat with its outline, half of which is outside; at 4 px a seat its neighbour's begins right after.
  const around = pitch < OUTLINE_PITCH ? 0.5 : 1
  const cleared = size.side + 2 * around
  for (const seat of seats) {
    const x = corner.x + toHalf(columnOf(scene.shape, seat) * pitch + size.inset)
    const y = corner.y + toHalf(rowOf(scene.shape, seat) * pitch + size.inset)
    context.clearRect(x - around, y - around, cleared, cleared)
    drawSeat(pens, scene.seats[seat], scene.placeOf(seat), x, y, size)
  }
  fillLayers(context, pens, pitch, colours)
}

function fillLayers(context: CanvasRenderingContext2D, pens: Record<LayerName, CanvasPen>, pitch: number, colours: SeatColours): void {
  context.lineCap = 'round'
  for (const { name, fill, stroke, width } of seatLayers(pitch)) {
    const { path, used } = pens[name]
    if (!used) continue
    if (fill) {
      context.fillStyle = colours.get(fill) ?? ''
      context.fill(path)
    }
    if (stroke) {
      context.strokeStyle = colours.get(stroke) ?? ''
      context.lineWidth = width
      context.stroke(path)
    }
  }
}
