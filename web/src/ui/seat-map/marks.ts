// Mine and just lost, drawn above the seats: at most a dozen shapes, so a pick or a loss costs the same in a zone of 100 and of 100,000.
import type { Scene } from './painter.ts'
import { columnOf, OUTLINE_PITCH, rowOf, type View } from './seat-geometry.ts'
import { seatSize, thinLine, toHalf } from './seat-shapes.ts'
import { SvgPen, svgElement } from './svg-pen.ts'
import { transformTo } from './transform.ts'

export type Marks = {
  readonly set: (mine: ReadonlySet<number>, lost: ReadonlySet<number>) => void
  readonly paint: (view: View) => void
  readonly follow: (view: View) => void
}

export function createMarks(into: HTMLElement, scene: Scene): Marks {
  const picture = svgElement('svg', { class: 'seat-picture', width: 1, height: 1 })
  into.append(picture)
  let pitch = 0
  let mine: ReadonlySet<number> = new Set()
  let lost: ReadonlySet<number> = new Set()
  const build = () => pitch > 0 && picture.replaceChildren(...minePaths(scene, mine, pitch), ...lostPaths(scene, lost, pitch))
  return {
    set(nextMine, nextLost) {
      mine = nextMine
      lost = nextLost
      build()
    },
    paint(view) {
      if (view.pitch !== pitch) {
        pitch = view.pitch
        build()
      }
      transformTo(picture, view, pitch)
    },
    follow(view) {
      transformTo(picture, view, pitch)
    },
  }
}

/** Below OUTLINE_PITCH a seat of mine is drawn larger than its square, with a rim, or it would be lost among the filled free ones. */
function minePaths(scene: Scene, seats: ReadonlySet<number>, pitch: number): SVGPathElement[] {
  const far = pitch < OUTLINE_PITCH
  const grow = far ? 3 : 1
  const { shape, tick } = outlines(scene, seats, pitch, grow, (pen, x, y, side) =>
    pen.line(x + side * 0.24, y + side * 0.52, x + side * 0.44, y + side * 0.72, x + side * 0.78, y + side * 0.3),
  )
  const rim = far ? { stroke: 'var(--ink)', 'stroke-width': 2.5, 'paint-order': 'stroke' } : {}
  const mark = { fill: 'none', stroke: 'var(--seat-mine-mark)', 'stroke-width': thinLine(pitch) * 1.4 }
  return paths([shape, { fill: 'var(--seat-mine-fill)', ...rim }], [tick, mark])
}

function lostPaths(scene: Scene, seats: ReadonlySet<number>, pitch: number): SVGPathElement[] {
  const { shape, tick } = outlines(scene, seats, pitch, pitch < OUTLINE_PITCH ? 2 : 0, (pen, x, y, side) => {
    pen.line(x + side * 0.28, y + side * 0.28, x + side * 0.72, y + side * 0.72)
    pen.line(x + side * 0.28, y + side * 0.72, x + side * 0.72, y + side * 0.28)
  })
  const line = { stroke: 'var(--seat-lost-line)', 'stroke-width': pitch < OUTLINE_PITCH ? 1.5 : 2 }
  return paths([shape, { fill: 'var(--red-tint)', ...line }], [tick, { fill: 'none', ...line }])
}

type DrawTick = (pen: SvgPen, x: number, y: number, side: number) => void

function outlines(scene: Scene, seats: ReadonlySet<number>, pitch: number, grow: number, drawTick: DrawTick) {
  const shape = new SvgPen()
  const tick = new SvgPen()
  const { side, inset, radius } = seatSize(pitch)
  for (const seat of seats) {
    const x = toHalf(columnOf(scene.shape, seat) * pitch + inset)
    const y = toHalf(rowOf(scene.shape, seat) * pitch + inset)
    if (scene.placeOf(seat) === 'accessible') shape.disc(x - grow, y - grow, side + 2 * grow)
    else shape.box(x - grow, y - grow, side + 2 * grow, radius || 1)
    drawTick(tick, x, y, side)
  }
  return { shape: shape.path, tick: tick.path }
}

function paths(...drawn: [path: string, attributes: Record<string, string | number>][]): SVGPathElement[] {
  return drawn
    .filter(([path]) => path !== '')
    .map(([d, attributes]) => svgElement('path', { d, 'stroke-linecap': 'round', 'stroke-linejoin': 'round', ...attributes }))
}
