import type { EventDetail } from '@onsale/contract/events'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { liveEvent } from './live.ts'

const zone = { zoneId: 1, rows: 1, seatsPerRow: 4 }
const event = (available: number) => ({
  eventId: 'E',
  available,
  held: 0,
  sold: 4 - available,
  zones: [{ ...zone, available, held: 0, sold: 4 - available }],
})

/** A line that a test speaks through. */
class Line extends EventTarget {
  static readonly CLOSED = 2
  static readonly OPEN = 1
  static all: Line[] = []
  readyState = 0
  constructor() {
    super()
    Line.all.push(this)
  }
  close(): void {
    this.readyState = Line.CLOSED
  }
  say(type: string, data?: unknown): void {
    this.dispatchEvent(Object.assign(new Event(type), { data: JSON.stringify(data) }))
  }
  opened(): void {
    this.readyState = Line.OPEN
    this.say('open')
  }
}

let network: { seats: string; etag: string; held: (() => void)[] | null; asked: (string | null)[] }
const line = () => Line.all.at(-1) as Line
const settle = () => vi.advanceTimersByTimeAsync(300)

beforeEach(() => {
  vi.useFakeTimers()
  Line.all = []
  network = { seats: '....', etag: '"1"', held: null, asked: [] }
  const page = new EventTarget()
  vi.stubGlobal('EventSource', Line)
  vi.stubGlobal('window', page)
  vi.stubGlobal('document', Object.assign(new EventTarget(), { visibilityState: 'visible' }))
  vi.stubGlobal('navigator', { onLine: true })
  vi.stubGlobal('sessionStorage', { getItem: () => null, setItem: () => undefined, removeItem: () => undefined })
  vi.stubGlobal('requestAnimationFrame', (draw: () => void) => setTimeout(draw, 16))
  vi.stubGlobal('fetch', async (url: string, init: RequestInit) => {
    if (!url.endsWith('/seats')) return new Response(JSON.stringify(event(1)))
    network.asked.push(new Headers(init.headers).get('If-None-Match'))
    const { seats, etag } = network
    if (network.held) await new Promise<void>((go) => network.held?.push(go))
    if (network.asked.at(-1) === etag) return new Response(null, { status: 304 })
    return new Response(JSON.stringify({ seats }), { headers: { ETag: etag } })
  })
})
afterEach(async () => {
  await vi.advanceTimersByTimeAsync(10_000)
  vi.unstubAllGlobals()
  vi.useRealTimers()
})

/** One event a test: an open one stays in memory for a moment. */
function watch(name: string) {
  const live = liveEvent(name)
  const stop = live.subscribe(() => undefined)
  return { live, stop, seats: live.zone(zone) }
}
const shown = (seats: Uint8Array) => new TextDecoder().decode(seats)
const change = (column: number, state: string, available: number) => ({
  seats: [{ zoneId: 1, row: 'A', column: String(column), state }],
  zones: [{ zoneId: 1, available, held: 0, sold: 4 - available }],
})

it('lays changes over the seats, and counts', async () => {
  const { live, stop, seats } = watch('changes')
  line().opened()
  line().say('snapshot', event(4))
  await settle()
  const heard: unknown[] = []
  seats.subscribe((indices) => heard.push(indices))
  line().say('change', change(2, 's', 3))
  line().say('change', change(4, 'h', 2))
  await settle()
  expect(shown(seats.seats)).toBe('.s.h')
  expect(heard).toEqual([[1, 3]])
  expect((live.state().event as EventDetail).available).toBe(2)
  stop()
})

it('keeps what it hears while the seats are on their way', async () => {
  const { stop, seats } = watch('order')
  network.held = []
  line().opened()
  line().say('snapshot', event(4))
  await settle()
  line().say('change', change(1, 's', 3))
  for (const go of network.held.splice(0)) go()
  network.held = null
  await settle()
  expect(shown(seats.seats)).toBe('s...')
  stop()
})

it('takes a snapshot for a new beginning', async () => {
  const { live, stop, seats } = watch('snapshot')
  line().opened()
  line().say('snapshot', event(4))
  await settle()
  network.seats = 'ss..'
  network.etag = '"2"'
  line().say('snapshot', event(2))
  await settle()
  expect(shown(seats.seats)).toBe('ss..')
  expect(live.state().event?.available).toBe(2)
  stop()
})

it('says when the line is late, asks again and again when it stays away, and is live when it is back', async () => {
  const { live, stop } = watch('slow')
  line().opened()
  line().say('snapshot', event(4))
  await settle()
  line().readyState = 0
  line().say('error')
  await vi.advanceTimersByTimeAsync(2_900)
  expect(live.state().connection).toBe('live')
  await vi.advanceTimersByTimeAsync(200)
  expect(live.state().connection).toBe('reconnecting')
  line().say('error')
  line().say('error')
  await settle()
  expect(live.state().connection).toBe('slow')
  const before = network.asked.length
  await vi.advanceTimersByTimeAsync(10_000)
  expect(network.asked.length - before).toBe(2)
  expect(network.asked.at(-1)).toBe('"1"')
  expect(live.state().event?.available).toBe(1)
  line().opened()
  await settle()
  expect(live.state().connection).toBe('live')
  stop()
})

it('opens a line anew that the server closed', async () => {
  const { stop } = watch('closed')
  line().readyState = Line.CLOSED
  line().say('error')
  await vi.advanceTimersByTimeAsync(2_100)
  expect(Line.all).toHaveLength(2)
  stop()
})

it('lets go of the line a minute after the tab was hidden, and starts afresh when it is seen', async () => {
  const { stop } = watch('hidden')
  line().opened()
  Object.assign(document, { visibilityState: 'hidden' })
  document.dispatchEvent(new Event('visibilitychange'))
  await vi.advanceTimersByTimeAsync(61_000)
  expect(line().readyState).toBe(Line.CLOSED)
  Object.assign(document, { visibilityState: 'visible' })
  document.dispatchEvent(new Event('visibilitychange'))
  expect(Line.all).toHaveLength(2)
  stop()
})

it('tells that the reader is offline', async () => {
  const { live, stop } = watch('offline')
  line().opened()
  Object.assign(navigator, { onLine: false })
  window.dispatchEvent(new Event('offline'))
  expect(live.state().connection).toBe('offline')
  Object.assign(navigator, { onLine: true })
  window.dispatchEvent(new Event('online'))
  line().opened()
  expect(live.state().connection).toBe('live')
  stop()
})

it('keeps one line for all who watch, and closes it a moment after the last one left', async () => {
  const first = watch('shared')
  const second = watch('shared')
  expect(Line.all).toHaveLength(1)
  first.stop()
  second.stop()
  const again = watch('shared')
  await vi.advanceTimersByTimeAsync(6_000)
  expect(line().readyState).not.toBe(Line.CLOSED)
  again.stop()
  await vi.advanceTimersByTimeAsync(6_000)
  expect(line().readyState).toBe(Line.CLOSED)
})
