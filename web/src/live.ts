/** What is true right now about an open event, outside React. */
import type { EventDetail, EventZone } from '@onsale/contract/events'
import type { StreamChange } from '@onsale/contract/live-stream'
import { getEvent, streamUrl } from './api.ts'
import { type Connection, LiveStream } from './live-stream.ts'
import { LiveZone } from './live-zone.ts'
import { seatIndex } from './seats.ts'
import { SOLD } from './ui/seat-map/seat-geometry.ts'

export type LiveState = { event: EventDetail | null; connection: Connection }
type SeatOf = { zoneId: number; row: string; column: string | number }

const betweenTellingsMs = 250
const pollMs = 5_000
const lingerMs = 5_000
const open = new Map<string, LiveEvent>()

export function liveEvent(eventId: string): LiveEvent {
  const live = open.get(eventId) ?? new LiveEvent(eventId)
  open.set(eventId, live)
  return live
}

/** One stream an event, whoever watches. It stays open for a moment after the last one left: from the plan to a zone is no new start. */
export class LiveEvent {
  readonly #eventId: string
  readonly #listeners = new Set<() => void>()
  readonly #zones = new Map<number, { live: LiveZone; seatsPerRow: number }>()
  #now: LiveState = { event: null, connection: 'live' }
  #stream: LiveStream | null = null
  #telling: ReturnType<typeof setTimeout> | undefined
  #lingering: ReturnType<typeof setTimeout> | undefined
  #polling: ReturnType<typeof setInterval> | undefined

  constructor(eventId: string) {
    this.#eventId = eventId
  }

  readonly state = (): LiveState => this.#now

  /** Called back at most four times a second: more, nobody can read. */
  readonly subscribe = (changed: () => void): (() => void) => {
    clearTimeout(this.#lingering)
    this.#listeners.add(changed)
    open.set(this.#eventId, this)
    this.#stream ??= this.#openStream()
    return () => {
      this.#listeners.delete(changed)
      if (this.#listeners.size === 0) this.#lingering = setTimeout(() => this.#close(), lingerMs)
    }
  }

  zone({ zoneId, rows, seatsPerRow }: Pick<EventZone, 'zoneId' | 'rows' | 'seatsPerRow'>): LiveZone {
    const known = this.#zones.get(zoneId)
    if (known) return known.live
    const live = new LiveZone(this.#eventId, zoneId, rows * seatsPerRow)
    this.#zones.set(zoneId, { live, seatsPerRow })
    void live.load()
    return live
  }

  /** A refusal has proved that these are gone, which the stream will say in a moment. */
  taken(seats: readonly SeatOf[]): void {
    for (const seat of seats) this.#lay(seat, SOLD)
  }

  #openStream(): LiveStream {
    return new LiveStream(streamUrl(this.#eventId), {
      snapshot: (event) => {
        this.#tell({ event })
        this.#reloadZones()
      },
      change: ({ seats, zones }) => {
        for (const seat of seats) this.#lay(seat, seat.state.charCodeAt(0))
        if (this.#now.event && zones.length > 0) this.#tell({ event: withFigures(this.#now.event, zones) })
      },
      connection: (connection) => this.#connected(connection),
    })
  }

  #lay({ zoneId, row, column }: SeatOf, state: number): void {
    const zone = this.#zones.get(zoneId)
    zone?.live.lay(seatIndex(row, Number(column), zone.seatsPerRow), state)
  }

  #tell(next: Partial<LiveState>): void {
    this.#now = { ...this.#now, ...next }
    this.#telling ??= setTimeout(() => {
      this.#telling = undefined
      for (const listener of this.#listeners) listener()
    }, betweenTellingsMs)
  }

  #connected(connection: Connection): void {
    if (connection === this.#now.connection) return
    clearInterval(this.#polling)
    if (connection === 'slow') this.#polling = setInterval(() => void this.#poll(), pollMs)
    this.#tell({ connection })
  }

  async #poll(): Promise<void> {
    this.#reloadZones()
    // A poll that fails is followed by another; the chip already says that the line is slow.
    const event = await getEvent(this.#eventId).catch(() => null)
    if (event && this.#now.connection === 'slow') this.#tell({ event })
  }

  #reloadZones(): void {
    for (const { live } of this.#zones.values()) void live.load()
  }

  #close(): void {
    this.#stream?.close()
    this.#stream = null
    clearInterval(this.#polling)
    clearTimeout(this.#telling)
    this.#telling = undefined
    if (open.get(this.#eventId) === this) open.delete(this.#eventId)
  }
}

function withFigures(event: EventDetail, figures: StreamChange['zones']): EventDetail {
  const changed = new Map(figures.map((figure) => [figure.zoneId, figure]))
  const zones = event.zones.map((zone) => ({ ...zone, ...changed.get(zone.zoneId) }))
  const sum = (of: 'available' | 'held' | 'sold') => zones.reduce((total, zone) => total + zone[of], 0)
  return { ...event, zones, available: sum('available'), held: sum('held'), sold: sum('sold') }
}
