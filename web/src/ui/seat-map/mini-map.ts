// The whole zone, small, with the window that is in view. Not there while the whole zone is in view.
import type { Frame } from './camera.ts'
import type { Point, SeatShape } from './seat-geometry.ts'

/** The mini-map is 40 px high: up to as many rows are drawn as squares, more of them are blended. */
const SHARP_ROWS = 40

export type MiniMap = {
  readonly draw: (frame: Frame, isWhole: boolean) => void
  readonly remove: () => void
}

/** `go` gets a point of the zone, 0..1 across and down. */
export function createMiniMap(box: HTMLElement, raster: HTMLCanvasElement, shape: SeatShape, go: (share: Point) => void): MiniMap {
  const frame = document.createElement('div')
  frame.className = 'mini-window'
  raster.className = shape.rows > SHARP_ROWS ? 'mini-seats fine' : 'mini-seats'
  box.replaceChildren(raster, frame)
  const stop = new AbortController()
  const move = (event: PointerEvent) => {
    if (event.buttons === 0) return
    const { left, top, width, height } = raster.getBoundingClientRect()
    go({ x: (event.clientX - left) / width, y: (event.clientY - top) / height })
  }
  box.addEventListener('pointerdown', move, { signal: stop.signal })
  box.addEventListener('pointermove', move, { signal: stop.signal })
  return {
    draw({ view, viewport }, isWhole) {
      box.style.visibility = isWhole ? 'hidden' : 'visible'
      const width = shape.seatsPerRow * view.pitch
      const height = shape.rows * view.pitch
      frame.style.left = percent(-view.x / width)
      frame.style.top = percent(-view.y / height)
      frame.style.right = percent(1 - (viewport.width - view.x) / width)
      frame.style.bottom = percent(1 - (viewport.height - view.y) / height)
    },
    remove() {
      stop.abort()
      box.replaceChildren()
    },
  }
}

const percent = (share: number): string => `${Math.min(0.97, Math.max(0, share)) * 100}%`
