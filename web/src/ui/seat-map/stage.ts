// The drawing of one zone: seats, marks, letters and mini-map, moved by one camera. Plain DOM, so that neither a live change nor a pan
// goes through React.
import { type Axes, createAxes } from './axes.ts'
import { Camera, type Frame } from './camera.ts'
import { CanvasPainter } from './canvas-painter.ts'
import { createMarks, type Marks } from './marks.ts'
import { createMiniMap, type MiniMap } from './mini-map.ts'
import { MOST_SVG_SEATS, type Painter, type Scene } from './painter.ts'
import { pickPitch } from './pick-pitch.ts'
import { createRaster, type Raster } from './raster.ts'
import { onThemeChange, readColours } from './seat-colours.ts'
import { type SeatShape, scrollInWindow, viewportOf } from './seat-geometry.ts'
import { createSvgPainter } from './svg-painter.ts'
import { transformTo } from './transform.ts'

export type StageParts = {
  readonly host: HTMLElement
  readonly layers: HTMLElement
  readonly cells: HTMLElement
  readonly mini: HTMLElement
}

export class Stage {
  readonly camera: Camera
  readonly #parts: StageParts
  readonly #shape: SeatShape
  readonly #painter: Painter
  readonly #marks: Marks
  readonly #axes: Axes
  readonly #raster: Raster
  readonly #mini: MiniMap
  readonly #resized: ResizeObserver
  readonly #stopTheme: () => void
  readonly #onFrame: () => void
  #cellsPitch = 0

  constructor(parts: StageParts, scene: Scene, onFrame: () => void) {
    this.#parts = parts
    this.#shape = scene.shape
    this.#onFrame = onFrame
    const { layers, mini, host } = parts
    this.#raster = createRaster(scene)
    this.#raster.recolour(readColours(host))
    const small = scene.seats.length <= MOST_SVG_SEATS
    this.#painter = small ? createSvgPainter(layers, scene) : new CanvasPainter(layers, scene, this.#raster)
    this.#marks = createMarks(layers, scene)
    this.#axes = createAxes(layers, scene.shape)
    this.camera = new Camera(scene.shape, viewportOf(host.clientWidth, host.clientHeight), this.#draw)
    this.#mini = createMiniMap(mini, this.#raster.mini, scene.shape, (share) => this.#centreOn(scene, share))
    this.#resized = new ResizeObserver(this.#resize)
    this.#resized.observe(host)
    this.#stopTheme = onThemeChange(this.#recolour)
  }

  change(seats: readonly number[] | null): void {
    this.#raster.change(seats)
    this.#painter.change(seats)
  }

  mark(mine: ReadonlySet<number>, lost: ReadonlySet<number>): void {
    this.#marks.set(mine, lost)
  }

  /** The seat in view: in the map, and the map's part of it in the window, where the map is the higher one of the two. */
  reveal(seat: number): void {
    this.camera.reveal(seat, pickPitch())
    const { top } = this.#parts.host.getBoundingClientRect()
    const down = scrollInWindow(this.camera.view, this.#shape, seat, top, window.innerHeight)
    // Negative: the seat has to come up, so the page goes down.
    if (down !== 0) window.scrollBy({ top: -down, behavior: 'instant' })
  }

  remove(): void {
    this.camera.stop()
    this.#resized.disconnect()
    this.#stopTheme()
    this.#mini.remove()
    this.#painter.remove()
    this.#parts.layers.replaceChildren()
  }

  #draw = (frame: Frame): void => {
    const ratio = Math.max(1, devicePixelRatio)
    const { view: exact, viewport, sharp } = frame
    // On whole device pixels: outlines stay sharp, and a shifted picture joins its new strips without a seam.
    const view = { pitch: exact.pitch, x: Math.round(exact.x * ratio) / ratio, y: Math.round(exact.y * ratio) / ratio }
    if (sharp) {
      this.#painter.paint(view, viewport)
      this.#marks.paint(view)
      this.#layCells(view.pitch)
    } else {
      this.#painter.follow(view, viewport)
      this.#marks.follow(view)
    }
    transformTo(this.#parts.cells, view, this.#cellsPitch)
    this.#axes.draw(view, viewport)
    this.#mini.draw(frame, this.camera.isWhole)
    this.#onFrame()
  }

  #layCells(pitch: number): void {
    if (pitch === this.#cellsPitch) return
    this.#cellsPitch = pitch
    this.#parts.cells.style.setProperty('--pitch', `${pitch}px`)
  }

  #resize = (): void => {
    const { clientWidth, clientHeight } = this.#parts.host
    const { width, height } = this.camera.viewport
    if (clientWidth === 0 || (clientWidth === width && clientHeight === height)) return
    this.camera.resize(viewportOf(clientWidth, clientHeight))
  }

  #recolour = (): void => {
    this.#raster.recolour(readColours(this.#parts.host))
    this.#painter.recolour()
  }

  #centreOn({ shape }: Scene, share: { x: number; y: number }): void {
    const { view, viewport } = this.camera
    const x = viewport.width / 2 - share.x * shape.seatsPerRow * view.pitch
    const y = viewport.height / 2 - share.y * shape.rows * view.pitch
    this.camera.drag({ ...view, x, y })
  }
}
