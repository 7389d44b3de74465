// The whole zone with one pixel a seat: the mini-map, the Canvas below 4 px a seat, and what lies behind the picture while it zooms out.
// 100,000 seats are 400 KB, and 0.8 ms to put anew (CPU time x 4).
import type { Scene } from './painter.ts'
import type { SeatColours } from './seat-colours.ts'
import { columnOf, FREE, HELD, rowOf, SOLD } from './seat-geometry.ts'
import type { Ink } from './seat-shapes.ts'

/** A sold seat covers 7 % of its square (38 % of the side of 70 % of the pitch); a little more, so that the zone keeps its outline. */
const SOLD_ALPHA = 0.3
/** Up to here single pixels are put, above it the whole picture: at 100,000 seats both cost 0.8 ms at 100 (CPU time x 4). */
const MOST_SINGLE = 100

export type Raster = {
  readonly canvas: HTMLCanvasElement
  /** The same once more, for the mini-map: a canvas can be in one place only. */
  readonly mini: HTMLCanvasElement
  readonly change: (seats: readonly number[] | null) => void
  readonly recolour: (colours: SeatColours) => void
}

export function createRaster({ shape, seats }: Scene): Raster {
  const canvases = [document.createElement('canvas'), document.createElement('canvas')] as const
  for (const canvas of canvases) {
    canvas.width = shape.seatsPerRow
    canvas.height = shape.rows
  }
  const contexts = canvases.map((canvas) => canvas.getContext('2d'))
  const image = new ImageData(shape.seatsPerRow, shape.rows)
  const pixels = new Uint32Array(image.data.buffer)
  const pixelOf = new Uint32Array(256)
  const setPixel = (seat: number) => {
    pixels[seat] = pixelOf[seats[seat] ?? 0] ?? 0
  }
  const putSome = (changed: readonly number[]) => {
    for (const seat of changed) {
      setPixel(seat)
      for (const context of contexts) context?.putImageData(image, 0, 0, columnOf(shape, seat), rowOf(shape, seat), 1, 1)
    }
  }
  const putAll = () => {
    for (let seat = 0; seat < pixels.length; seat++) setPixel(seat)
    for (const context of contexts) context?.putImageData(image, 0, 0)
  }
  return {
    canvas: canvases[0],
    mini: canvases[1],
    change: (changed) => (changed && changed.length <= MOST_SINGLE ? putSome(changed) : putAll()),
    recolour(colours) {
      pixelOf[FREE] = toPixel(colours, '--seat-free-line', 1)
      pixelOf[HELD] = toPixel(colours, '--seat-held-line', 1)
      pixelOf[SOLD] = toPixel(colours, '--seat-sold-fill', SOLD_ALPHA)
      putAll()
    },
  }
}

/** Painted and read back, because a computed colour may be rgb(), color(srgb ...) or a system colour. */
function toPixel(colours: SeatColours, ink: Ink, alpha: number): number {
  const context = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true })
  if (!context) return 0
  context.globalAlpha = alpha
  context.fillStyle = colours.get(ink) ?? ''
  context.fillRect(0, 0, 1, 1)
  return new Uint32Array(context.getImageData(0, 0, 1, 1).data.buffer)[0] ?? 0
}
