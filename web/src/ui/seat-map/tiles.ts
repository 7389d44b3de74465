// A picture at one pitch, cut into tiles of whole seats. Only those in view exist. Missing ones are painted over several frames: 9,000 seats
// at once took about 470 ms (390 px, CPU time x 4); so the longest task of a zoom is 44.
import { type Block, blockIn, OUTLINE_PITCH, type SeatShape, type View, type Viewport } from './seat-geometry.ts'

const TILE_PX = 128
/** Seats painted in a frame: squares of one colour, or outlines; 1,000 of them took 2 and 38 ms (software drawing, CPU time x 4). */
const FAR_SEATS = 2000
const NEAR_SEATS = 400

export type Tile = {
  readonly canvas: HTMLCanvasElement
  readonly context: CanvasRenderingContext2D
  readonly block: Block
  /** Where the tile lies in the picture, px. */
  readonly left: number
  readonly top: number
}

type TilesOptions = {
  readonly shape: SeatShape
  readonly pitch: number
  readonly paint: (tile: Tile) => void
  /** Nothing in view is missing any more. */
  readonly done: () => void
}

export class Tiles {
  readonly element = document.createElement('div')
  readonly pitch: number
  readonly #options: TilesOptions
  readonly #ratio = Math.max(1, devicePixelRatio)
  /** Seats along the side of a tile. */
  readonly #span: number
  readonly #tiles = new Map<string, Tile>()
  #missing: string[] = []
  #frame = 0

  constructor(options: TilesOptions) {
    this.#options = options
    this.pitch = options.pitch
    this.#span = Math.max(1, Math.round(TILE_PX / options.pitch))
    this.element.className = 'seat-picture'
  }

  get isDone(): boolean {
    return this.#missing.length === 0
  }

  get painted(): Iterable<Tile> {
    return this.#tiles.values()
  }

  /** Lets go of the tiles that left the view and paints those that came into it, as many as fit into this frame. */
  cover(view: View, viewport: Viewport): void {
    const { firstRow, lastRow, firstColumn, lastColumn } = blockIn(view, this.#options.shape, { x: 0, y: 0, ...viewport })
    const wanted = new Set<string>()
    for (let row = Math.floor(firstRow / this.#span); row * this.#span <= lastRow; row++) {
      for (let column = Math.floor(firstColumn / this.#span); column * this.#span <= lastColumn; column++) wanted.add(`${row} ${column}`)
    }
    for (const [key, tile] of this.#tiles) if (!wanted.has(key)) this.#drop(key, tile)
    this.#missing = [...wanted].filter((key) => !this.#tiles.has(key))
    if (this.#frame === 0) this.#paintSome()
  }

  /** The painted tile that holds a seat. */
  tileOf(seat: number): Tile | undefined {
    const { seatsPerRow } = this.#options.shape
    const row = Math.floor(Math.floor(seat / seatsPerRow) / this.#span)
    const column = Math.floor((seat % seatsPerRow) / this.#span)
    return this.#tiles.get(`${row} ${column}`)
  }

  remove(): void {
    cancelAnimationFrame(this.#frame)
    for (const [key, tile] of this.#tiles) this.#drop(key, tile)
    this.element.remove()
  }

  #paintSome = (): void => {
    this.#frame = 0
    const most = this.pitch < OUTLINE_PITCH ? FAR_SEATS : NEAR_SEATS
    for (let seats = 0; seats < most; seats += this.#span ** 2) {
      const key = this.#missing.shift()
      if (key === undefined) break
      const [row = 0, column = 0] = key.split(' ').map(Number)
      const tile = this.#make(row * this.#span, column * this.#span)
      this.#tiles.set(key, tile)
      this.#options.paint(tile)
    }
    if (this.isDone) this.#options.done()
    else this.#frame = requestAnimationFrame(this.#paintSome)
  }

  /** Its memory goes with its size; a removed canvas keeps it until it is collected, and Safari allows a page 384 MB of it. */
  #drop(key: string, { canvas }: Tile): void {
    this.#tiles.delete(key)
    canvas.remove()
    canvas.width = 0
  }

  #make(firstRow: number, firstColumn: number): Tile {
    const canvas = document.createElement('canvas')
    const context = canvas.getContext('2d')
    if (!context) throw new Error('This browser has no Canvas 2D')
    const { rows, seatsPerRow } = this.#options.shape
    const lastRow = Math.min(rows, firstRow + this.#span) - 1
    const lastColumn = Math.min(seatsPerRow, firstColumn + this.#span) - 1
    const ratio = this.#ratio
    // From one device pixel to another, so that neighbours meet without a seam.
    const edge = (seats: number) => Math.round(seats * this.pitch * ratio)
    const left = edge(firstColumn)
    const top = edge(firstRow)
    canvas.width = edge(lastColumn + 1) - left
    canvas.height = edge(lastRow + 1) - top
    canvas.style.cssText = `left:${left / ratio}px;top:${top / ratio}px;width:${canvas.width / ratio}px;height:${canvas.height / ratio}px`
    context.setTransform(ratio, 0, 0, ratio, 0, 0)
    this.element.append(canvas)
    return { canvas, context, left: left / ratio, top: top / ratio, block: { firstRow, lastRow, firstColumn, lastColumn } }
  }
}
