// Up to 5,000 seats: SVG, one path a state. Panning and zooming only transform the picture; paths are built anew when the size of a seat
// settles, or when seats change. They are cut into bands of rows, so that a change builds and paints its band only.
import type { Painter, Scene } from './painter.ts'
import { rowOf } from './seat-geometry.ts'
import { drawSeat, type LayerName, seatLayers, seatSize, toHalf } from './seat-shapes.ts'
import { SvgPen, svgElement } from './svg-pen.ts'
import { transformTo } from './transform.ts'

const SEATS_IN_BAND = 250

export function createSvgPainter(into: HTMLElement, scene: Scene): Painter {
  const { rows, seatsPerRow } = scene.shape
  const picture = svgElement('svg', { class: 'seat-picture' })
  const rowsInBand = Math.max(1, Math.floor(SEATS_IN_BAND / seatsPerRow))
  const bands = Array.from({ length: Math.ceil(rows / rowsInBand) }, () => svgElement('g', {}))
  picture.append(...bands)
  into.append(picture)
  let pitch = 0
  const build = (band: number) => {
    const firstRow = band * rowsInBand
    bands[band]?.replaceChildren(...bandPaths(scene, pitch, firstRow, Math.min(rows, firstRow + rowsInBand)))
  }
  return {
    paint(view) {
      if (view.pitch !== pitch) {
        pitch = view.pitch
        picture.setAttribute('width', String(Math.ceil(seatsPerRow * pitch)))
        picture.setAttribute('height', String(Math.ceil(rows * pitch)))
        for (const band of bands.keys()) build(band)
      }
      transformTo(picture, view, pitch)
    },
    follow(view) {
      transformTo(picture, view, pitch)
    },
    change(seats) {
      if (pitch === 0) return
      const touched = seats?.map((seat) => Math.floor(rowOf(scene.shape, seat) / rowsInBand)) ?? bands.keys()
      for (const band of new Set(touched)) build(band)
    },
    recolour() {
      // The paths name their tokens; the browser recolours them.
    },
    remove() {
      picture.remove()
    },
  }
}

function bandPaths(scene: Scene, pitch: number, firstRow: number, endRow: number): SVGPathElement[] {
  const { seatsPerRow } = scene.shape
  const pens: Record<LayerName, SvgPen> = {
    sold: new SvgPen(),
    free: new SvgPen(),
    held: new SvgPen(),
    bar: new SvgPen(),
    figure: new SvgPen(),
    plus: new SvgPen(),
  }
  const size = seatSize(pitch)
  for (let row = firstRow, seat = firstRow * seatsPerRow; row < endRow; row++) {
    const y = toHalf(row * pitch + size.inset)
    for (let column = 0; column < seatsPerRow; column++, seat++) {
      drawSeat(pens, scene.seats[seat], scene.placeOf(seat), toHalf(column * pitch + size.inset), y, size)
    }
  }
  return seatLayers(pitch)
    .filter(({ name }) => pens[name].path !== '')
    .map(({ name, fill, stroke, width }) =>
      svgElement('path', {
        d: pens[name].path,
        fill: fill ? `var(${fill})` : 'none',
        ...(stroke ? { stroke: `var(${stroke})`, 'stroke-width': width, 'stroke-linecap': 'round' } : {}),
      }),
    )
}
