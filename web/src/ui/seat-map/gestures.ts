// Pointer and wheel become pans, zooms and taps. One finger or the mouse drags, two fingers pinch, the wheel zooms.
import type { Point } from './seat-geometry.ts'

export type Gestures = {
  readonly pan: (dx: number, dy: number) => void
  readonly zoom: (factor: number, point: Point) => void
  readonly tap: (point: Point, cell: Element | undefined) => void
  readonly hover: (point: Point | undefined) => void
  /** False when the wheel should scroll the page: the whole zone is in view and it turns further out. */
  readonly takesWheel: (factor: number) => boolean
}

/** A finger that rests moves up to 5 px; beyond that it means to drag. */
const DRAG_PX = 6
/** A page that is being scrolled past the map goes on scrolling. */
const SCROLL_PAUSE_MS = 250

export function listenToGestures(host: HTMLElement, gestures: Gestures): () => void {
  const stop = new AbortController()
  const { signal } = stop
  const pointers = new Pointers(host, gestures)
  host.addEventListener('pointerdown', pointers.down, { signal })
  host.addEventListener('pointermove', pointers.move, { signal })
  host.addEventListener('pointerup', pointers.up, { signal })
  host.addEventListener('pointercancel', pointers.up, { signal })
  host.addEventListener('pointerleave', () => gestures.hover(undefined), { signal })
  host.addEventListener('click', pointers.click, { signal })
  host.addEventListener('mousedown', keepFocus, { signal })
  listenToWheel(host, gestures, signal)
  return () => stop.abort()
}

/** A cell under the mouse must not take the focus by itself: that would scroll the map away from under the click. */
function keepFocus(event: MouseEvent): void {
  event.preventDefault()
}

class Pointers {
  readonly #host: HTMLElement
  readonly #gestures: Gestures
  readonly #down = new Map<number, Point>()
  #start: Point = { x: 0, y: 0 }
  #dragging = false

  constructor(host: HTMLElement, gestures: Gestures) {
    this.#host = host
    this.#gestures = gestures
  }

  down = (event: PointerEvent): void => {
    if (event.button !== 0) return
    const point = pointIn(this.#host, event)
    if (this.#down.size === 0) {
      this.#start = point
      this.#dragging = false
    } else this.#dragging = true
    this.#down.set(event.pointerId, point)
  }

  move = (event: PointerEvent): void => {
    const point = pointIn(this.#host, event)
    const last = this.#down.get(event.pointerId)
    if (!last) {
      this.#gestures.hover(event.pointerType === 'mouse' ? point : undefined)
      return
    }
    if (!this.#dragging) {
      if (Math.hypot(point.x - this.#start.x, point.y - this.#start.y) < DRAG_PX) return
      this.#dragging = true
    }
    this.#host.setPointerCapture(event.pointerId)
    this.#gestures.hover(undefined)
    const other = [...this.#down].find(([id]) => id !== event.pointerId)?.[1]
    if (other) this.#pinch(other, last, point)
    else this.#gestures.pan(point.x - last.x, point.y - last.y)
    this.#down.set(event.pointerId, point)
  }

  #pinch(other: Point, last: Point, point: Point): void {
    const before = Math.hypot(last.x - other.x, last.y - other.y)
    const now = Math.hypot(point.x - other.x, point.y - other.y)
    this.#gestures.pan((point.x - last.x) / 2, (point.y - last.y) / 2)
    if (before > 0) this.#gestures.zoom(now / before, { x: (point.x + other.x) / 2, y: (point.y + other.y) / 2 })
  }

  up = (event: PointerEvent): void => {
    this.#down.delete(event.pointerId)
  }

  /** `detail` 0: not a pointer but an assistive technology that activates the cell. */
  click = (event: MouseEvent): void => {
    const wasDrag = this.#dragging
    this.#dragging = false
    const cell = event.target instanceof Element ? (event.target.closest('[role="gridcell"]') ?? undefined) : undefined
    if (event.detail === 0) this.#gestures.tap(pointIn(this.#host, event), cell)
    else if (!wasDrag) this.#gestures.tap(pointIn(this.#host, event), undefined)
  }
}

function listenToWheel(host: HTMLElement, gestures: Gestures, signal: AbortSignal): void {
  let scrolledAt = Number.NEGATIVE_INFINITY
  window.addEventListener('scroll', () => (scrolledAt = performance.now()), { signal, passive: true })
  host.addEventListener(
    'wheel',
    (event) => {
      const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1
      // A pinch on a trackpad arrives as a wheel with Ctrl, in steps ten times as small.
      const factor = Math.exp(-event.deltaY * lines * (event.ctrlKey ? 0.012 : 0.002))
      if (!event.ctrlKey && (performance.now() - scrolledAt < SCROLL_PAUSE_MS || !gestures.takesWheel(factor))) return
      event.preventDefault()
      gestures.zoom(factor, pointIn(host, event))
    },
    { signal, passive: false },
  )
}

function pointIn(host: HTMLElement, event: MouseEvent): Point {
  const { left, top } = host.getBoundingClientRect()
  return { x: event.clientX - left, y: event.clientY - top }
}
