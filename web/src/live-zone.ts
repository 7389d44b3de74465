import { getSeats } from './api.ts'
import { NONE } from './ui/seat-map/seat-geometry.ts'

export type SeatsChanged = (indices: readonly number[] | null) => void

/** The seats of one zone, one char code each, changed in place. */
export class LiveZone {
  readonly seats: Uint8Array
  readonly #eventId: string
  readonly #zoneId: number
  readonly #listeners = new Set<SeatsChanged>()
  #isReady = false
  #failure: unknown = null
  #etag: string | null = null
  #loading: Promise<void> | null = null
  #isOneMoreDue = false
  /** What was heard while /seats was on its way: it goes over the answer, in order. Changes carry whole states, so this converges. */
  #kept: [index: number, state: number][] = []
  #dirty: Set<number> | null = new Set()
  #isDrawing = false

  constructor(eventId: string, zoneId: number, size: number) {
    this.#eventId = eventId
    this.#zoneId = zoneId
    this.seats = new Uint8Array(size).fill(NONE)
  }

  readonly subscribe = (changed: SeatsChanged): (() => void) => {
    this.#listeners.add(changed)
    return () => this.#listeners.delete(changed)
  }

  /** Whether `seats` has been read once. */
  readonly ready = (): boolean => this.#isReady
  readonly failure = (): unknown => this.#failure

  /** Asked for while one is on its way, it is done once more: that one may have been answered before the cause of this one. */
  async load(): Promise<void> {
    if (this.#loading) {
      this.#isOneMoreDue = true
      return this.#loading
    }
    this.#loading = this.#loadOnce()
    await this.#loading
    this.#loading = null
    if (!this.#isOneMoreDue) return
    this.#isOneMoreDue = false
    await this.load()
  }

  /** What the stream says, or what a refusal proves. */
  lay(index: number, state: number): void {
    if (this.#loading) this.#kept.push([index, state])
    const shown = this.seats[index]
    if (shown === undefined || shown === NONE || shown === state) return
    this.seats[index] = state
    // The answer that the ETag names is no longer what is shown.
    this.#etag = null
    this.#touch(index)
  }

  async #loadOnce(): Promise<void> {
    this.#kept = []
    try {
      const answer = await getSeats(this.#eventId, this.#zoneId, this.#etag)
      this.#failure = null
      if (!answer) return
      for (let index = 0; index < this.seats.length; index++) this.seats[index] = answer.zone.seats.charCodeAt(index) || NONE
      for (const [index, state] of this.#kept) this.seats[index] = state
      this.#etag = this.#kept.length === 0 ? answer.etag : null
      this.#isReady = true
    } catch (failure) {
      this.#failure = failure
    }
    this.#touch(null)
  }

  /** Drawing once a frame is enough, however many seats change in it. */
  #touch(index: number | null): void {
    if (index === null) this.#dirty = null
    else this.#dirty?.add(index)
    if (this.#isDrawing) return
    this.#isDrawing = true
    requestAnimationFrame(() => {
      const changed = this.#dirty && [...this.#dirty]
      this.#isDrawing = false
      this.#dirty = new Set()
      for (const listener of this.#listeners) listener(changed)
    })
  }
}
