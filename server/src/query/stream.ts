/**
 * Live streams: one tail of an event's projected changes per process, fanned out to its clients. A client gets a snapshot, then every
 * change once, in order; `id` is the event's gapless sequence, so a client that names its last one gets the changes after it.
 */

import { Refusal } from '@onsale/contract/refusals'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { CONSTANT_HEADERS } from '../http.ts'
import type { Report } from '../report.ts'
import type { Queries } from './queries.ts'

/** At most one batch of changes in this time. */
const BATCH_MS = 200
const COMMENT_MS = 15_000
/** Batches that one message joins, and that a resuming client may be behind before it gets a snapshot instead. */
const MOST_ROWS = 500
/** A client that does not read is closed when so much waits for it; it may come back with its last id. */
const MOST_UNREAD_BYTES = 1024 * 1024
const MOST_CLIENTS = 20_000

type Client = { reply: FastifyReply; at: number }
type Tail = { eventId: string; at: number; clients: Set<Client>; figures: Map<number, string>; busy: boolean }

export type Streams = {
  /** Answers the request with a stream that stays open. `after`: the client's last id. Throws a refusal for an unknown event. */
  open(eventId: string, after: number | null, request: FastifyRequest, reply: FastifyReply): Promise<void>
  stop(): Promise<void>
}

export function createStreams(queries: Queries, report: Report): Streams {
  const tails = new Map<string, Tail>()
  let clients = 0
  const ticking = setInterval(() => {
    for (const tail of tails.values()) if (!tail.busy) void follow(tail)
  }, BATCH_MS)
  const commenting = setInterval(() => {
    for (const tail of tails.values()) for (const client of tail.clients) send(tail, client, ':\n\n', client.at)
  }, COMMENT_MS)

  async function follow(tail: Tail): Promise<void> {
    tail.busy = true
    try {
      const rows = await queries.changes(tail.eventId, tail.at, MOST_ROWS)
      const last = rows.at(-1)
      if (!last) return
      const before = tail.at
      tail.at = Number(last.seq)
      const message = changeMessage(tail.at, rows, await changedFigures(tail))
      for (const client of tail.clients) if (client.at === before) send(tail, client, message, tail.at)
    } catch (error) {
      report.failed('live stream', error)
    } finally {
      tail.busy = false
    }
  }

  /** Zones whose figures differ from what was last told. */
  async function changedFigures(tail: Tail): Promise<string> {
    const changed: string[] = []
    for (const zone of await queries.figures(tail.eventId)) {
      const text = JSON.stringify(zone)
      if (tail.figures.get(zone.zoneId) !== text) changed.push(text)
      tail.figures.set(zone.zoneId, text)
    }
    return changed.join(',')
  }

  function send(tail: Tail, client: Client, text: string, at: number): void {
    const { raw } = client.reply
    client.at = at
    if (raw.writableLength > MOST_UNREAD_BYTES) close(tail, client)
    else raw.write(text)
  }

  function close(tail: Tail, client: Client): void {
    if (!tail.clients.delete(client)) return
    report.streams(--clients)
    client.reply.raw.end()
    if (tail.clients.size === 0) tails.delete(tail.eventId)
  }

  /** The tail of an event, at its newest change when it is new. */
  async function tailOf(eventId: string): Promise<Tail> {
    const { seq, detail } = await queries.event(eventId)
    const there = tails.get(eventId)
    if (there) return there
    const figures = new Map(
      detail.zones.map(({ zoneId, available, held, sold }) => [zoneId, JSON.stringify({ zoneId, available, held, sold })]),
    )
    const tail: Tail = { eventId, at: seq, clients: new Set(), figures, busy: false }
    tails.set(eventId, tail)
    return tail
  }

  /** What a new client has to hear before it follows the tail: the changes after its last id, or a snapshot. */
  async function beginning(tail: Tail, after: number | null): Promise<{ text: string; at: number }> {
    for (;;) {
      const from = tail.at
      if (after !== null && after <= from) {
        if (after === from) return { text: '', at: from }
        const rows = (await queries.changes(tail.eventId, after, MOST_ROWS)).filter(({ seq }) => Number(seq) <= from)
        const complete = Number(rows[0]?.seq) === after + 1 && Number(rows.at(-1)?.seq) === from
        if (complete && tail.at === from)
          return {
            text: changeMessage(from, rows, (await queries.figures(tail.eventId)).map((zone) => JSON.stringify(zone)).join(',')),
            at: from,
          }
        if (complete) continue
      }
      const { detail, seq } = await queries.event(tail.eventId)
      if (seq === tail.at) return { text: `event: snapshot\nid: ${seq}\ndata: ${JSON.stringify(detail)}\n\n`, at: seq }
      await follow(tail)
    }
  }

  return {
    async open(eventId, after, request, reply) {
      if (clients >= MOST_CLIENTS) throw new Refusal('busy', 'This process has as many live streams as it can serve.', { retryAfter: 5 })
      const tail = await tailOf(eventId)
      let { text, at } = await beginning(tail, after)
      // The tail may have moved on in between; a client joins it only at the very place where its beginning ends.
      while (at !== tail.at) ({ text, at } = await beginning(tail, after))
      reply.hijack()
      const client: Client = { reply, at }
      const headers = {
        ...CONSTANT_HEADERS,
        'content-type': 'text/event-stream; charset=utf-8',
        'cache-control': 'no-store',
        'x-accel-buffering': 'no',
        'x-request-id': request.id,
      }
      reply.raw.writeHead(200, headers)
      reply.raw.write(`retry: 1000\n\n${text}`)
      tails.set(eventId, tail)
      tail.clients.add(client)
      report.streams(++clients)
      reply.raw.on('close', () => close(tail, client))
    },
    async stop() {
      clearInterval(ticking)
      clearInterval(commenting)
      for (const tail of [...tails.values()]) for (const client of [...tail.clients]) close(tail, client)
    },
  }
}

function changeMessage(id: number, rows: readonly { body: string }[], zones: string): string {
  return `event: change\nid: ${id}\ndata: {"seats":[${rows.map(({ body }) => body).join(',')}],"zones":[${zones}]}\n\n`
}
