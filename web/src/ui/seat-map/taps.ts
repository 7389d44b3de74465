// What a tap does: picks, or zooms to the spot where seats are too small to be hit. The second tap of a double tap never undoes the first.
import type { Camera } from './camera.ts'
import { isPickable, pickPitch } from './pick-pitch.ts'
import type { Point } from './seat-geometry.ts'

const DOUBLE_MS = 300
const DOUBLE_PX = 24

type Done = 'picked' | 'zoomed' | 'nothing'

export function createTaps(camera: Camera, pickAt: (point: Point) => Done): (point: Point) => void {
  let last = { point: { x: 0, y: 0 }, atMs: Number.NEGATIVE_INFINITY, done: 'nothing' as Done }
  const first = (point: Point): Done => {
    if (isPickable(camera.view.pitch)) return pickAt(point)
    camera.glideToPitch(pickPitch(), point)
    return 'zoomed'
  }
  const second = (point: Point): Done => {
    if (last.done === 'nothing') camera.glideToPitch(camera.view.pitch * 2, point)
    return 'zoomed'
  }
  return (point) => {
    const atMs = performance.now()
    const isSecond = atMs - last.atMs < DOUBLE_MS && Math.hypot(point.x - last.point.x, point.y - last.point.y) < DOUBLE_PX
    last = { point, atMs, done: isSecond ? second(point) : first(point) }
  }
}
