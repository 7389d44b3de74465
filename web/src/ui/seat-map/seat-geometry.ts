// Where seats lie, which one is under a point, and where a key leads. Pure: the painters, the grid and the tests all ask here.
// A seat is its index in reading order; a view says how large seats are (pitch, px) and where the corner of seat 0 lies in the map.

export const FREE = 46 // '.'
export const HELD = 104 // 'h'
export const SOLD = 115 // 's'
export const NONE = 32 // ' '

export type SeatShape = { readonly rows: number; readonly seatsPerRow: number }
export type View = { readonly pitch: number; readonly x: number; readonly y: number }
export type Viewport = { readonly width: number; readonly height: number; readonly gutter: number; readonly top: number }
export type Point = { readonly x: number; readonly y: number }
export type Block = { readonly firstRow: number; readonly lastRow: number; readonly firstColumn: number; readonly lastColumn: number }

/** Below this a free seat is filled: an outline of 1 px round 6 px of nothing reads as grey. */
export const OUTLINE_PITCH = 9
/** Beyond this nothing is gained, and a phone shows fewer than eight seats side by side. */
export const LARGEST_PITCH = 48
/** A small zone is not blown up to fill the map. */
const LARGEST_FIT = 32
/** Letters and numbers that stick to the edge need this much of it. */
export const EDGE = 25

/** 0 -> A, 25 -> Z, 26 -> AA (bijective base 26). */
export function rowName(index: number): string {
  const last = String.fromCharCode(65 + (index % 26))
  return index < 26 ? last : rowName(Math.floor(index / 26) - 1) + last
}

export const rowOf = (shape: SeatShape, seat: number): number => Math.floor(seat / shape.seatsPerRow)
export const columnOf = (shape: SeatShape, seat: number): number => seat % shape.seatsPerRow

export function viewportOf(width: number, height: number): Viewport {
  return width < 640 ? { width, height, gutter: 18, top: 22 } : { width, height, gutter: 32, top: 26 }
}

export function fitPitch(shape: SeatShape, viewport: Viewport): number {
  const across = (viewport.width - 2 * viewport.gutter) / shape.seatsPerRow
  const down = (viewport.height - 2 * viewport.top) / shape.rows
  return Math.max(0.1, Math.min(LARGEST_FIT, across, down))
}

export function fitView(shape: SeatShape, viewport: Viewport): View {
  return clampView({ pitch: fitPitch(shape, viewport), x: 0, y: 0 }, shape, viewport)
}

/** Centred where the zone is smaller than the map, else without empty room beyond its edges. */
export function clampView(view: View, shape: SeatShape, viewport: Viewport): View {
  const pitch = Math.min(LARGEST_PITCH, Math.max(fitPitch(shape, viewport), view.pitch))
  const { width, height, gutter, top } = viewport
  return {
    pitch,
    x: clampAxis(view.x, shape.seatsPerRow * pitch, width, gutter),
    y: clampAxis(view.y, shape.rows * pitch, height, top),
  }
}

function clampAxis(at: number, length: number, room: number, border: number): number {
  if (length + 2 * border <= room + 0.5) return (room - length) / 2
  return Math.min(border, Math.max(room - length - border, at))
}

/** The same point of the zone stays under `point`. */
export function zoomView(view: View, point: Point, pitch: number): View {
  const scale = pitch / view.pitch
  return { pitch, x: point.x - (point.x - view.x) * scale, y: point.y - (point.y - view.y) * scale }
}

/** On the way from one view to another: a straight line in pitch keeps the point still that both views share. */
export function betweenViews(from: View, to: View, progress: number): View {
  const pitch = from.pitch * (to.pitch / from.pitch) ** progress
  const way = Math.abs(to.pitch - from.pitch) < 1e-6 ? progress : (pitch - from.pitch) / (to.pitch - from.pitch)
  return { pitch, x: from.x + (to.x - from.x) * way, y: from.y + (to.y - from.y) * way }
}

/** The least movement that shows the seat with two rows and two seats around it. */
export function scrollToSeat(view: View, shape: SeatShape, viewport: Viewport, seat: number): View {
  const { pitch } = view
  const across = scrollAxis(view.x + columnOf(shape, seat) * pitch, pitch, EDGE, viewport.width)
  const down = scrollAxis(view.y + rowOf(shape, seat) * pitch, pitch, EDGE, viewport.height)
  return clampView({ pitch, x: view.x + across, y: view.y + down }, shape, viewport)
}

/** How far down the page has to move so that the seat stands in the window with two rows around it; `top` is where the map begins there. */
export function scrollInWindow(view: View, shape: SeatShape, seat: number, top: number, windowHeight: number): number {
  return scrollAxis(top + view.y + rowOf(shape, seat) * view.pitch, view.pitch, 0, windowHeight)
}

function scrollAxis(at: number, pitch: number, from: number, to: number): number {
  const around = Math.max(0, Math.min(2 * pitch, (to - from - pitch) / 2))
  if (at < from + around) return from + around - at
  if (at + pitch > to - around) return to - around - pitch - at
  return 0
}

/** The seat whose square holds the point; also where the string says that there is no seat. */
export function seatAt(view: View, shape: SeatShape, point: Point): number | undefined {
  const column = Math.floor((point.x - view.x) / view.pitch)
  const row = Math.floor((point.y - view.y) / view.pitch)
  const inside = column >= 0 && column < shape.seatsPerRow && row >= 0 && row < shape.rows
  return inside ? row * shape.seatsPerRow + column : undefined
}

export function seatCentre(view: View, shape: SeatShape, seat: number): Point {
  return { x: view.x + (columnOf(shape, seat) + 0.5) * view.pitch, y: view.y + (rowOf(shape, seat) + 0.5) * view.pitch }
}

/** The seats that touch a rectangle of the map. Empty when first is beyond last. */
export function blockIn(view: View, shape: SeatShape, area: { x: number; y: number; width: number; height: number }): Block {
  const index = (at: number, origin: number) => Math.floor((at - origin) / view.pitch)
  return {
    firstRow: Math.max(0, index(area.y, view.y)),
    lastRow: Math.min(shape.rows - 1, index(area.y + area.height, view.y)),
    firstColumn: Math.max(0, index(area.x, view.x)),
    lastColumn: Math.min(shape.seatsPerRow - 1, index(area.x + area.width, view.x)),
  }
}

/** Which of `count` rows or columns are labelled so that labels stand at least `roomPx` apart: the first, and each 5th, 10th, ... */
export function labelled(count: number, pitch: number, roomPx: number): number[] {
  const step = [1, 5, 10, 25, 50, 100, 250, 500].find((step) => step * pitch >= roomPx) ?? 1000
  const chosen: number[] = step > 1 && (step - 1) * pitch >= 18 ? [0] : []
  for (let index = step - 1; index < count; index += step) chosen.push(index)
  return chosen
}

/** Rows of up to 60 seats are whole; of longer ones the 60 round the focus are real cells, or a row of 400 would put 2,800 into the page.
 *  They move by 20 at a time, so that 19 of 20 arrow keys make no new ones. */
const CELL_COLUMNS = 60
const CELL_STEP = 20

/** The real cells: the row of the focus and three on either side. */
export function cellsAround(shape: SeatShape, seat: number): Block {
  const row = rowOf(shape, seat)
  const isWhole = shape.seatsPerRow <= CELL_COLUMNS
  const step = isWhole ? 0 : Math.floor(columnOf(shape, seat) / CELL_STEP) * CELL_STEP
  return {
    firstRow: Math.max(0, row - 3),
    lastRow: Math.min(shape.rows - 1, row + 3),
    firstColumn: Math.max(0, step - CELL_STEP),
    lastColumn: Math.min(shape.seatsPerRow - 1, isWhole ? CELL_COLUMNS - 1 : step + CELL_COLUMNS - CELL_STEP - 1),
  }
}
