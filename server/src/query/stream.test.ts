/** The live stream: a snapshot, then every change once and in order, whoever comes, goes and comes back. */
import type { SoldTickets } from '@onsale/contract/tickets'
import { afterAll, describe, expect, it, onTestFinished } from 'vitest'
import { problem } from '../../test/answer.ts'
import { BARN, event, HALL, HALL_SEATS, type House, oneZone } from '../../test/house.ts'
import { type Live, type LiveMessage, openLive, seatsHeard, streamPath } from '../../test/live.ts'
import { startTestPlatform, type TestPlatform } from '../../test/platform.ts'
import { until } from '../../test/until.ts'
import { createHttp } from '../http.ts'
import { createReport } from '../report.ts'
import { watchPositions } from './positions.ts'
import { createQueries, type Queries } from './queries.ts'
import { addQueryRoutes } from './routes.ts'
import { createStreams } from './stream.ts'

const big: House = oneZone('Big', 100, 100)
const loud: House = oneZone('Loud', 10, 10)
const onsale: TestPlatform = await startTestPlatform({
  house: {
    venues: [HALL, BARN, ...big.venues, ...loud.venues],
    events: [
      ...['Play', 'Gap', 'Back', 'Three', 'Old', 'Later', 'Late', 'Paced', 'Much', 'Little'].map((id) => event(id)),
      event('Hidden', { active: false }),
      ...big.events,
      ...loud.events,
    ],
  },
})
const open = new Set<Live>()
afterAll(async () => {
  for (const live of open) live.close()
  await onsale.stop()
})

async function listen(eventId: string, lastId: number | null = null): Promise<Live> {
  const live = await openLive(onsale.url, eventId, lastId)
  open.add(live)
  return live
}

async function sell(eventId: string, quantity = 1, zoneId = 1): Promise<string[]> {
  const venueId = ['Big', 'Loud'].includes(eventId) ? eventId : 'Hall'
  const answer = await onsale.buy({ venueId, eventId, zoneId, quantity })
  expect(answer.status, answer.text).toBe(201)
  return answer.json<SoldTickets>().tickets.map(({ row, column }) => `${zoneId}${row}${column}s`)
}

const has = (count: number) => (messages: readonly LiveMessage[]) => seatsHeard(messages).length >= count
const snapshots = ({ messages }: Live) => messages.filter(({ kind }) => kind === 'snapshot')

describe('a new listener', () => {
  it('hears a snapshot first, then what is sold, with the figures of the zones that changed', async () => {
    await sell('Play', 2)
    await onsale.settle()
    const live = await listen('Play')
    await live.heard('a snapshot', (messages) => messages.length > 0)
    expect(live.messages[0]).toMatchObject({ kind: 'snapshot', event: { eventId: 'Play', sold: 2, available: HALL_SEATS - 2 } })
    const sold = await sell('Play', 3, 3)
    await live.heard('three seats', has(3))
    expect(seatsHeard(live.messages)).toEqual(sold)
    const change = live.messages[1]
    expect(change).toMatchObject({ kind: 'change', change: { zones: [{ zoneId: 3, available: 297, held: 0, sold: 3 }] } })
    expect(change?.id).toBe((live.messages[0]?.id ?? 0) + 1)
    expect(live.headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    })
    expect(live.headers['x-request-id']).toBeTruthy()
  })

  it('is told when there is no such event, or one that is switched off', async () => {
    for (const id of ['Nothing', 'Hidden', 'play', '__proto__']) {
      const answer = await onsale.get(streamPath(id))
      expect([answer.status, problem(answer).code]).toEqual([404, 'unknown-event'])
    }
  })

  it.each(['', '-1', '1.5', 'abc', '1e3', '9'.repeat(16), '1,2'])('is told when its last id is none: %s', async (id) => {
    const answer = await onsale.get(streamPath('Play'), { 'last-event-id': id })
    expect(answer.status, answer.text).toBe(400)
    expect(problem(answer).errors?.map(({ field }) => field)).toEqual(['Last-Event-ID'])
  })
})

describe('a listener that comes back', () => {
  it('hears only what it missed', async () => {
    const first = await listen('Later')
    await sell('Later')
    await first.heard('one seat', has(1))
    first.close()
    const missed = [...(await sell('Later')), ...(await sell('Later', 2, 2))]
    await onsale.settle()
    const second = await listen('Later', first.lastId)
    await second.heard('what it missed', has(3))
    expect(seatsHeard(second.messages)).toEqual(missed)
    expect(snapshots(second)).toEqual([])
    const current = await listen('Later', second.lastId)
    const next = await sell('Later')
    await current.heard('the next seat', has(1))
    expect(seatsHeard(current.messages)).toEqual(next)
    expect(snapshots(current)).toEqual([])
  })

  it('gets a snapshot when its id is older than what is kept, or was never given', async () => {
    for (let i = 0; i < 3; i++) {
      await sell('Old')
      await onsale.settle()
    }
    await (await onsale.platform.adapters.sql()).db
      .deleteFrom('event_changes')
      .where('event_id', '=', 'Old')
      .where('seq', '<=', 2)
      .execute()
    for (const lastId of [0, 1, 999_999]) {
      const live = await listen('Old', lastId)
      await live.heard('a snapshot', (messages) => messages.length > 0)
      expect(live.messages[0]).toMatchObject({ kind: 'snapshot', id: 3, event: { sold: 3 } })
    }
    const kept = await listen('Old', 2)
    await kept.heard('the change that is kept', has(1))
    expect(snapshots(kept)).toEqual([])
  })
})

it('three listeners hear the same', async () => {
  const three = await Promise.all([listen('Three'), listen('Three'), listen('Three')])
  const sold: string[] = []
  for (let i = 0; i < 20; i++) sold.push(...(await sell('Three', 1 + (i % 3), 3)))
  for (const live of three) await live.heard('every seat', has(sold.length))
  const [first, ...others] = three.map(({ messages }) => messages.filter(({ kind }) => kind === 'change'))
  for (const other of others) expect(other).toEqual(first)
  expect(seatsHeard(first ?? [])).toEqual(sold)
})

/** A listener that leaves after a few changes and comes back with its last id, until it is told to stay. */
/** `first`: open already, with its snapshot heard, so that every sale is a change for it. */
async function restless(first: Live, leaveAfter: number, done: () => boolean): Promise<{ messages: LiveMessage[]; returns: number }> {
  const messages: LiveMessage[] = []
  for (let lastId: number | null = null, returns = 0; ; returns++) {
    const live: Live = returns === 0 ? first : await listen('Big', lastId)
    await live.heard('a few changes', (heard) => done() || heard.filter(({ kind }) => kind === 'change').length >= leaveAfter)
    live.close()
    messages.push(...live.messages)
    lastId = live.lastId
    if (done()) return { messages: [...messages, ...(await last(lastId))], returns }
  }
}

async function last(lastId: number | null): Promise<LiveMessage[]> {
  await onsale.settle()
  const live = await listen('Big', lastId)
  const { seq } = await (await onsale.platform.adapters.sql()).db
    .selectFrom('events')
    .select('seq')
    .where('event_id', '=', 'Big')
    .executeTakeFirstOrThrow()
  await live.heard('the rest', () => (live.lastId ?? 0) >= seq)
  live.close()
  return live.messages
}

it('misses nothing and repeats nothing for listeners that come and go while seats are sold', async () => {
  let selling = true
  let over = false
  const steady = await listen('Big')
  const began = performance.now()
  const lives = await Promise.all([1, 1, 2, 3].map(async (leaveAfter) => ({ leaveAfter, live: await listen('Big') })))
  for (const { live } of lives) await live.heard('its snapshot', (messages) => messages.length > 0)
  const listeners = lives.map(({ leaveAfter, live }) => restless(live, leaveAfter, () => over))
  const sold: string[] = []
  const buyers = [1, 2, 3].map(async () => {
    while (selling) sold.push(...(await sell('Big')))
  })
  // Strangers look in all the while: a snapshot for one is no reason to tell the others something twice.
  const strangers = [1, 2].map(async () => {
    while (selling) {
      const live = await listen('Big')
      await live.heard('a snapshot', (messages) => messages.length > 0)
      live.close()
    }
  })
  await steady.heard('a dozen changes', (messages) => messages.length > 12)
  selling = false
  await Promise.all([...buyers, ...strangers])
  over = true
  const followers = await Promise.all(listeners)
  await steady.heard('every seat', has(sold.length))
  const batches = steady.messages.length - 1
  expect(batches).toBeLessThanOrEqual((performance.now() - began) / 200 + 1)

  const order = seatsHeard(steady.messages)
  expect(order.toSorted()).toEqual(sold.toSorted())
  for (const { messages, returns } of followers) {
    expect(returns).toBeGreaterThan(2)
    expect(seatsHeard(messages)).toEqual(order)
    expect(messages.filter(({ kind }) => kind === 'snapshot')).toHaveLength(1)
    const ids = messages.map(({ id }) => id)
    expect(ids).toEqual(ids.toSorted((a, b) => a - b))
    const figures = messages.flatMap((message) => (message.kind === 'change' ? message.change.zones : [])).at(-1)
    expect(figures).toEqual({ zoneId: 1, available: 10_000 - sold.length, held: 0, sold: sold.length })
  }
})

it('tells at most one batch of changes in 200 ms, however many come to listen', async () => {
  const live = await listen('Paced')
  const began = performance.now()
  let sold = 0
  while (performance.now() - began < 1000 && sold < 290) {
    sold += (await sell('Paced', 1, 3)).length
    ;(await listen('Paced')).close()
  }
  await live.heard('every seat', has(sold))
  const changes = live.messages.filter(({ kind }) => kind === 'change').length
  expect(changes).toBeLessThanOrEqual((performance.now() - began) / 200 + 1)
})

/** Puts a change into the tail that is longer than what kernels buffer for a connection. */
async function shout(eventId: string, bytes: number): Promise<void> {
  const { db } = await onsale.platform.adapters.sql()
  const body = JSON.stringify({ zoneId: 1, row: 'A'.repeat(bytes), column: '1', state: 's' })
  const { seq } = await db.selectFrom('events').select('seq').where('event_id', '=', eventId).executeTakeFirstOrThrow()
  await db
    .insertInto('event_changes')
    .values({ event_id: eventId, seq: seq + 1, at: new Date().toISOString(), body })
    .execute()
  await db
    .updateTable('events')
    .set({ seq: seq + 1 })
    .where('event_id', '=', eventId)
    .execute()
}

it('breaks off with a listener that does not read, and keeps telling the others', async () => {
  const deaf = await listen('Loud')
  const other = await listen('Loud')
  await deaf.heard('a snapshot', (messages) => messages.length > 0)
  deaf.pause()
  // MariaDB takes 16 MB at a time.
  await shout('Loud', 14_000_000)
  await other.heard('the shout', (messages) => messages.length > 1)
  const [last] = await sell('Loud')
  await other.heard('the next seat', (messages) => seatsHeard(messages).at(-1) === last)
  deaf.resume()
  await deaf.heard('the end', () => deaf.ended)
  expect(deaf.messages).toHaveLength(1)
  expect(other.ended).toBe(false)
})

it.each([
  ['Much', 100_000, 'snapshot'],
  ['Little', 70_000, 'change'],
] as const)('a listener that comes back behind %s, three times %i bytes, hears a %s', async (eventId, bytes, kind) => {
  await sell(eventId)
  await onsale.settle()
  for (let i = 0; i < 3; i++) await shout(eventId, bytes)
  const live = await listen(eventId, 1)
  await live.heard('what it missed', (messages) => messages.length > 0)
  expect(live.messages).toMatchObject([{ kind, id: 4 }])
  const next = await sell(eventId)
  await live.heard('the next seat', (messages) => messages.at(-1)?.id === 5)
  expect(seatsHeard(live.messages.slice(1))).toEqual(next)
})

/** The number of the last change of an event, as if the database had been told otherwise. */
async function setSeq(eventId: string, seq: number): Promise<void> {
  const { db } = await onsale.platform.adapters.sql()
  await db.updateTable('events').set({ seq }).where('event_id', '=', eventId).execute()
  await db.deleteFrom('event_changes').where('event_id', '=', eventId).where('seq', '>', seq).execute()
}

it('ends with a listener for whom changes are lost, who comes back and gets a snapshot', async () => {
  const live = await listen('Gap')
  await live.heard('a snapshot', (messages) => messages.length > 0)
  // Nobody read for longer than changes are kept.
  await setSeq('Gap', 7)
  await live.heard('the end', () => live.ended)
  expect(live.messages).toHaveLength(1)
  await sell('Gap')
  await onsale.settle()
  const again = await listen('Gap', live.lastId)
  await again.heard('a snapshot', (messages) => messages.length > 0)
  expect(again.messages).toMatchObject([{ kind: 'snapshot', id: 8, event: { sold: 1 } }])
  const next = await sell('Gap')
  await again.heard('the next seat', has(1))
  expect(seatsHeard(again.messages)).toEqual(next)
})

it('ends with its listeners when the database was restored from an older copy, and tells those who come what is there', async () => {
  await sell('Back')
  await sell('Back')
  await onsale.settle()
  const live = await listen('Back')
  await live.heard('a snapshot', (messages) => messages.length > 0)
  await setSeq('Back', 1)
  await live.heard('the end', () => live.ended)
  const again = await listen('Back', live.lastId)
  await again.heard('a snapshot', (messages) => messages.length > 0)
  expect(again.messages).toMatchObject([{ kind: 'snapshot', id: 1 }])
})

/** Streams of their own over the same read side, for what the whole platform gives no handle on. */
async function serveStreams(change: (queries: Queries) => Partial<Queries>, commentMs?: number) {
  const sql = await onsale.platform.adapters.sql()
  const report = createReport({ level: 'error', roles: ['query'] })
  const http = createHttp(report)
  const queries = createQueries(sql)
  const streams = createStreams({ ...queries, ...change(queries) }, report, commentMs)
  addQueryRoutes(http, queries, watchPositions(sql), streams)
  const url = await http.listen({ port: 0, host: '127.0.0.1' })
  return { url, stop: async () => void (await Promise.all([streams.stop(), http.close()])) }
}

it('misses nothing when a change is told between reading the snapshot and joining the others', async () => {
  const gate = Promise.withResolvers<void>()
  let reads = 0
  const { url, stop } = await serveStreams((queries) => ({
    async event(eventId) {
      const found = await queries.event(eventId)
      // One read for the tail and one for each snapshot: the second listener's snapshot is the third.
      if (++reads === 3) await gate.promise
      return found
    },
  }))
  const first = await openLive(url, 'Late')
  await first.heard('a snapshot', (messages) => messages.length > 0)
  const joining = openLive(url, 'Late')
  await until('the snapshot is read', () => reads === 3)
  const sold = await sell('Late', 2)
  await first.heard('the change', has(2))
  gate.resolve()
  const second = await joining
  await second.heard('a snapshot', (messages) => messages.length > 0)
  const [snapshot] = second.messages
  expect(snapshot).toMatchObject({ kind: 'snapshot', id: first.lastId, event: { sold: sold.length } })
  first.close()
  second.close()
  await stop()
})

it('does not read what is too much to be told, however often somebody comes back behind it', async () => {
  await sell('Much')
  await onsale.settle()
  for (let i = 0; i < 3; i++) await shout('Much', 100_000)
  const read: number[] = []
  const { url, stop } = await serveStreams((queries) => ({
    async changesAndFigures(...asked) {
      const found = await queries.changesAndFigures(...asked)
      read.push(found.rows.reduce((sum, { body }) => sum + body.length, 0))
      return found
    },
  }))
  const live = await openLive(url, 'Much', 1)
  await live.heard('a snapshot', (messages) => messages.length > 0)
  live.close()
  await stop()
  expect(read.filter((bytes) => bytes > 256 * 1024)).toEqual([])
})

it('says something now and then, so that nobody between takes the line for dead', async () => {
  const { url, stop } = await serveStreams(() => ({}), 20)
  const live = await openLive(url, 'Play')
  await live.heard('three comments', () => live.comments >= 3)
  const ended = live.heard('the end', () => live.ended)
  await stop()
  await ended
})

it('answers HEAD with its headers and nothing else, and keeps no place for it', async () => {
  const house = await startTestPlatform({ house: { venues: [HALL], events: [event('Play')] } })
  onTestFinished(() => house.stop())
  const answer = await fetch(`${house.url}/query/api/v1/events/Play/stream`, { method: 'HEAD' })
  expect([answer.status, answer.headers.get('content-type'), await answer.text()]).toEqual([200, 'text/event-stream; charset=utf-8', ''])
})
