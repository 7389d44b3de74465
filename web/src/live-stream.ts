import type { EventDetail } from '@onsale/contract/events'
import type { StreamChange } from '@onsale/contract/live-stream'

/** `slow`: the line failed so often that asking again and again is better. */
export type Connection = 'live' | 'reconnecting' | 'slow' | 'offline'
export type Hears = {
  snapshot: (event: EventDetail) => void
  change: (change: StreamChange) => void
  connection: (now: Connection) => void
}

const lateAfterMs = 3_000
const slowAfterFailures = 3
const hiddenForMs = 60_000
const longestPauseMs = 15_000

/** An EventSource that comes back: the browser resumes a broken line by Last-Event-ID, we open anew what it gave up. */
export class LiveStream {
  readonly #url: string
  readonly #hears: Hears
  readonly #listening = new AbortController()
  readonly #late = new Alarm(() => this.#tell())
  readonly #again = new Alarm(() => this.#connect())
  readonly #hidden = new Alarm(() => this.#disconnect())
  #source: EventSource | null = null
  #failures = 0

  constructor(url: string, hears: Hears) {
    this.#url = url
    this.#hears = hears
    document.addEventListener('visibilitychange', () => this.#seen(), this.#listening)
    window.addEventListener('online', () => this.#online(), this.#listening)
    window.addEventListener('offline', () => this.#online(), this.#listening)
    this.#connect()
  }

  close(): void {
    this.#listening.abort()
    this.#hidden.stop()
    this.#disconnect()
  }

  #connect(): void {
    this.#disconnect()
    const source = new EventSource(this.#url)
    source.addEventListener('open', () => this.#opened())
    source.addEventListener('error', () => this.#failed())
    source.addEventListener('snapshot', (event) => this.#hears.snapshot(JSON.parse(event.data) as EventDetail))
    source.addEventListener('change', (event) => this.#hears.change(JSON.parse(event.data) as StreamChange))
    this.#source = source
    this.#late.start(lateAfterMs)
  }

  #disconnect(): void {
    this.#source?.close()
    this.#source = null
    this.#again.stop()
    this.#late.stop()
  }

  #opened(): void {
    this.#failures = 0
    this.#late.stop()
    this.#tell()
  }

  #failed(): void {
    this.#failures++
    if (this.#source?.readyState === EventSource.CLOSED) this.#again.start(Math.min(1000 * 2 ** this.#failures, longestPauseMs))
    if (this.#failures >= slowAfterFailures) this.#tell()
    else if (!this.#late.isSet) this.#late.start(lateAfterMs)
  }

  #tell(): void {
    if (!navigator.onLine) this.#hears.connection('offline')
    else if (this.#source?.readyState === EventSource.OPEN) this.#hears.connection('live')
    else this.#hears.connection(this.#failures >= slowAfterFailures ? 'slow' : 'reconnecting')
  }

  /** A tab that nobody sees needs no line; seen again it starts afresh, because it may have missed more than the server keeps. */
  #seen(): void {
    this.#hidden.stop()
    if (document.visibilityState === 'hidden') this.#hidden.start(hiddenForMs)
    else if (!this.#source) this.#connect()
  }

  #online(): void {
    if (navigator.onLine) this.#connect()
    this.#tell()
  }
}

class Alarm {
  readonly #ring: () => void
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(ring: () => void) {
    this.#ring = ring
  }

  get isSet(): boolean {
    return this.#timer !== undefined
  }

  start(ms: number): void {
    this.stop()
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      this.#ring()
    }, ms)
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }
}
