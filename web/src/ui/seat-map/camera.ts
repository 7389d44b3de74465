// What part of the zone is in view, and the frames in which that changes. Knows neither seats' states nor elements.
import {
  betweenViews,
  clampView,
  fitPitch,
  fitView,
  type Point,
  type SeatShape,
  scrollToSeat,
  seatCentre,
  type View,
  type Viewport,
  zoomView,
} from './seat-geometry.ts'

export type Frame = { readonly view: View; readonly viewport: Viewport; readonly sharp: boolean }

const SETTLE_MS = 120
const GLIDE_MS = 240

export class Camera {
  view: View
  viewport: Viewport
  readonly #shape: SeatShape
  readonly #draw: (frame: Frame) => void
  #frame = 0
  #settle: ReturnType<typeof setTimeout> | undefined
  #sharp = false
  #whole = true

  constructor(shape: SeatShape, viewport: Viewport, draw: (frame: Frame) => void) {
    this.#shape = shape
    this.#draw = draw
    this.viewport = viewport
    this.view = fitView(shape, viewport)
  }

  get isWhole(): boolean {
    return this.view.pitch <= fitPitch(this.#shape, this.viewport) + 1e-6
  }

  get centre(): Point {
    return { x: this.viewport.width / 2, y: this.viewport.height / 2 }
  }

  /** At once and sharp: keys, the first picture. */
  show(view: View): void {
    this.#stop()
    this.#move(view)
    this.#request('sharp')
  }

  /** Draws now instead of in the next frame: the first picture. */
  drawNow(): void {
    this.#stop()
    this.#draw({ view: this.view, viewport: this.viewport, sharp: true })
  }

  /** Part of a gesture: cheap pictures, sharp when it rests. */
  drag(view: View): void {
    this.#stop()
    this.#move(view)
    this.#request('moving')
    this.#settle = setTimeout(() => this.#request('sharp'), SETTLE_MS)
  }

  panBy(dx: number, dy: number): void {
    this.drag({ ...this.view, x: this.view.x + dx, y: this.view.y + dy })
  }

  zoomBy(factor: number, point: Point): void {
    this.drag(this.#zoomed(this.view.pitch * factor, point))
  }

  /** Buttons and taps: moves there in 240 ms, or at once where movement is not wanted. */
  glide(view: View): void {
    const target = clampView(view, this.#shape, this.viewport)
    if (matchMedia('(prefers-reduced-motion: reduce)').matches) {
      this.show(target)
      return
    }
    this.#stop()
    const from = this.view
    const began = performance.now()
    const step = (now: number) => {
      const progress = Math.min(1, Math.max(0, (now - began) / GLIDE_MS))
      this.#move(progress < 1 ? betweenViews(from, target, 1 - (1 - progress) ** 3) : target)
      this.#draw({ view: this.view, viewport: this.viewport, sharp: progress === 1 })
      this.#frame = progress < 1 ? requestAnimationFrame(step) : 0
    }
    this.#frame = requestAnimationFrame(step)
  }

  glideToPitch(pitch: number, point: Point): void {
    this.glide(this.#zoomed(pitch, point))
  }

  glideToWhole(): void {
    this.glide(fitView(this.#shape, this.viewport))
  }

  /** The seat in view, at least at `pitch`. A seat already in view at that size moves nothing. */
  reveal(seat: number, pitch: number): void {
    const near = this.view.pitch >= pitch ? this.view : clampView({ ...this.view, pitch }, this.#shape, this.viewport)
    const next = scrollToSeat(near, this.#shape, this.viewport, seat)
    if (next.pitch !== this.view.pitch || next.x !== this.view.x || next.y !== this.view.y) this.show(next)
  }

  /** The seat in the middle at `pitch`: where a map opens. */
  centreOn(seat: number, pitch: number): void {
    const { view } = this
    const { x, y } = seatCentre({ ...view, pitch }, this.#shape, seat)
    this.show({ pitch, x: view.x + this.centre.x - x, y: view.y + this.centre.y - y })
  }

  resize(viewport: Viewport): void {
    const whole = this.#whole
    const { x, y } = this.centre
    this.viewport = viewport
    const moved = { ...this.view, x: this.view.x + viewport.width / 2 - x, y: this.view.y + viewport.height / 2 - y }
    this.show(whole ? fitView(this.#shape, viewport) : moved)
  }

  stop(): void {
    this.#stop()
  }

  #zoomed(pitch: number, point: Point): View {
    const { pitch: reachable } = clampView({ ...this.view, pitch }, this.#shape, this.viewport)
    return zoomView(this.view, point, reachable)
  }

  #move(view: View): void {
    this.view = clampView(view, this.#shape, this.viewport)
    this.#whole = this.isWhole
  }

  #request(how: 'sharp' | 'moving'): void {
    this.#sharp = how === 'sharp'
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0
      this.#draw({ view: this.view, viewport: this.viewport, sharp: this.#sharp })
    })
  }

  #stop(): void {
    clearTimeout(this.#settle)
    cancelAnimationFrame(this.#frame)
    this.#frame = 0
  }
}
