// Above 5,000 seats: Canvas 2D in tiles. Panning and zooming only transform what is painted; a pan paints the tiles it uncovers, a change
// clears and draws its seats in their tile. After a zoom the old tiles stay, scaled, until the new ones are painted. Below 4 px a seat,
// and behind what is not painted yet, lies the raster.
// One canvas of the size of the map, shifted and completed at its edges, took 40 ms a frame of a pan (CPU time x 4).
import { paintSeats } from './canvas-seats.ts'
import type { Painter, Scene } from './painter.ts'
import type { Raster } from './raster.ts'
import { readColours, type SeatColours } from './seat-colours.ts'
import type { Block, View, Viewport } from './seat-geometry.ts'
import { type Tile, Tiles } from './tiles.ts'
import { transformTo } from './transform.ts'

/** A seat of 3 px has gaps of 1 px: a grey haze. The raster shows the same for nothing. */
const RASTER_PITCH = 4

export class CanvasPainter implements Painter {
  readonly #layer: HTMLElement
  readonly #scene: Scene
  readonly #raster: Raster
  #colours: SeatColours
  /** Undefined below RASTER_PITCH. */
  #tiles: Tiles | undefined
  #before: Tiles | undefined
  #view: View = { pitch: 0, x: 0, y: 0 }

  constructor(into: HTMLElement, scene: Scene, raster: Raster) {
    this.#layer = document.createElement('div')
    this.#layer.append(raster.canvas)
    into.append(this.#layer)
    raster.canvas.classList.add('seat-picture', 'seat-raster')
    this.#scene = scene
    this.#raster = raster
    this.#colours = readColours(into)
  }

  paint = (view: View, viewport: Viewport): void => {
    if (view.pitch !== this.#view.pitch && this.#tiles?.pitch !== view.pitch) this.#begin(view.pitch)
    this.#tiles?.cover(view, viewport)
    this.#move(view)
  }

  follow = (view: View, viewport: Viewport): void => {
    if (view.pitch === this.#tiles?.pitch) this.#tiles.cover(view, viewport)
    this.#move(view)
  }

  change = (seats: readonly number[] | null): void => {
    const tiles = this.#tiles
    if (!tiles) return
    if (seats) for (const [tile, changed] of byTile(tiles, seats)) this.#paintSeats(tiles, tile, changed)
    else for (const tile of tiles.painted) this.#paintTile(tiles, tile)
  }

  recolour = (): void => {
    this.#colours = readColours(this.#layer)
    this.change(null)
  }

  remove = (): void => {
    this.#before?.remove()
    this.#tiles?.remove()
    this.#layer.remove()
  }

  #begin(pitch: number): void {
    this.#before?.remove()
    this.#before = this.#tiles
    this.#tiles = undefined
    if (pitch < RASTER_PITCH) {
      this.#dropBefore()
      return
    }
    const tiles: Tiles = new Tiles({
      shape: this.#scene.shape,
      pitch,
      paint: (tile) => this.#paintTile(tiles, tile),
      done: this.#dropBefore,
    })
    this.#tiles = tiles
    this.#layer.append(tiles.element)
  }

  #dropBefore = (): void => {
    this.#before?.remove()
    this.#before = undefined
    this.#showRaster()
  }

  #move(view: View): void {
    this.#view = view
    transformTo(this.#raster.canvas, view, 1)
    for (const tiles of [this.#before, this.#tiles]) if (tiles) transformTo(tiles.element, view, tiles.pitch)
    this.#showRaster()
  }

  #showRaster(): void {
    const tiles = this.#tiles
    const isCovered = tiles?.isDone && this.#view.pitch >= tiles.pitch
    this.#raster.canvas.style.visibility = isCovered ? 'hidden' : 'visible'
  }

  #paintTile(tiles: Tiles, tile: Tile): void {
    this.#paintSeats(tiles, tile, seatsIn(tile.block, this.#scene.shape.seatsPerRow))
  }

  #paintSeats({ pitch }: Tiles, { context, left, top }: Tile, seats: Iterable<number>): void {
    paintSeats({ context, pitch, colours: this.#colours, corner: { x: -left, y: -top } }, this.#scene, seats)
  }
}

function* seatsIn({ firstRow, lastRow, firstColumn, lastColumn }: Block, seatsPerRow: number): Generator<number> {
  for (let row = firstRow; row <= lastRow; row++) {
    for (let column = firstColumn; column <= lastColumn; column++) yield row * seatsPerRow + column
  }
}

function byTile(tiles: Tiles, seats: readonly number[]): Map<Tile, number[]> {
  const changed = new Map<Tile, number[]>()
  for (const seat of seats) {
    const tile = tiles.tileOf(seat)
    if (tile) changed.set(tile, [...(changed.get(tile) ?? []), seat])
  }
  return changed
}
