// For the mouse: which seat is under it. Its words are those of the cell, so it adds nothing for a screen reader and is hidden from it.
import type { Camera } from './camera.ts'
import type { SeatMapProps } from './SeatMap.tsx'
import { columnOf, type Point, rowName, rowOf, seatAt, seatCentre } from './seat-geometry.ts'
import { lookOf, placeOf } from './seat-state.ts'

/** Below this the mouse covers several seats. */
const SMALLEST_PITCH = 6

export function createSeatTip(
  host: HTMLElement,
  tip: HTMLElement,
  camera: Camera,
  props: () => SeatMapProps,
): (point: Point | undefined) => void {
  return (point) => {
    const { zone, seats, mine, lost, price, words } = props()
    const seat = point && camera.view.pitch >= SMALLEST_PITCH ? seatAt(camera.view, zone, point) : undefined
    const look = seat === undefined ? undefined : lookOf(seats[seat], seat, { mine, lost })
    host.style.cursor = look === 'free' || look === 'mine' ? 'pointer' : ''
    tip.style.visibility = look ? 'visible' : 'hidden'
    if (seat === undefined || !look) return
    tip.textContent = words.seat({
      row: rowName(rowOf(zone, seat)),
      seat: columnOf(zone, seat) + 1,
      look,
      place: placeOf(zone, seat),
      price,
    })
    const { x, y } = seatCentre(camera.view, zone, seat)
    const { width } = camera.viewport
    const half = tip.offsetWidth / 2
    const left = Math.min(width - half - 4, Math.max(half + 4, x)) - half
    const above = y - camera.view.pitch / 2 - tip.offsetHeight - 6
    tip.style.transform = `translate(${left}px, ${above > 0 ? above : y + camera.view.pitch / 2 + 6}px)`
  }
}
