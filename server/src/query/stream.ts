/**
 * Live streams: one tail of an event's projected changes per process, fanned out to its clients. A client gets a snapshot, then every
 * change once, in order; `id` is the event's gapless sequence, so a client that names its last one gets the changes after it.
 */

import type { EventDetail } from '@onsale/contract/events'
import { Refusal } from '@onsale/contract/refusals'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { CONSTANT_HEADERS } from '../headers.ts'
import type { Report } from '../report.ts'
import type { Queries } from './queries.ts'

/** At most one batch of changes in this time. */
const BATCH_MS = 200
const COMMENT_MS = 15_000
/** Batches that one message joins, and that a resuming client may be behind before it gets a snapshot instead. */
const MOST_ROWS = 500
/** A client that does not read is closed when so much waits for it; it may come back with its last id. */
const MOST_UNREAD_BYTES = 512 * 1024
/** A resuming client that missed more gets a snapshot: it is smaller. */
const MOST_MISSED_BYTES = 256 * 1024
const MOST_CLIENTS = 20_000

type Client = { reply: FastifyReply; at: number }
/** `joining`: requests that are being answered and will follow this tail. */
type Tail = { eventId: string; at: number; clients: Set<Client>; joining: number; figures: Map<number, string>; busy: boolean }
type Figures = { zoneId: number; available: number; held: number; sold: number }
type Row = { seq: number; body: string }

export type Streams = {
  /** Answers the request with a stream that stays open. `after`: the client's last id. Throws a refusal for an unknown event. */
  open(eventId: string, after: number | null, request: FastifyRequest, reply: FastifyReply): Promise<void>
  stop(): Promise<void>
}

export function createStreams(queries: Queries, report: Report, commentMs = COMMENT_MS): Streams {
  const tails = new Map<string, Tail>()
  const texts = new WeakMap<EventDetail, string>()
  let clients = 0
  let joining = 0
  let isStopped = false
  const ticking = setInterval(() => {
    for (const tail of tails.values()) if (!tail.busy) void follow(tail)
  }, BATCH_MS)
  const commenting = setInterval(() => {
    for (const tail of tails.values()) for (const client of tail.clients) send(tail, client, ':\n\n', client.at)
  }, commentMs)

  /** Only the ticking calls it, so that nobody hears more than one batch in its time. */
  async function follow(tail: Tail): Promise<void> {
    tail.busy = true
    try {
      const before = tail.at
      const newest = await queries.seq(tail.eventId)
      if (newest === before) return
      const { rows, figures: now } = await queries.changesAndFigures(tail.eventId, before, MOST_ROWS)
      if (Number(rows[0]?.seq) !== before + 1) return startAnew(tail, newest)
      const figures = changedFigures(tail, now)
      tail.at = Number(rows.at(-1)?.seq)
      const message = changeMessage(rows, figures)
      for (const client of tail.clients) {
        if (client.at === before) send(tail, client, message, tail.at)
        else if (client.at < tail.at) send(tail, client, changeMessage(after(rows, client.at), figures), tail.at)
      }
    } catch (error) {
      report.failed('live stream', error)
    } finally {
      tail.busy = false
    }
  }

  /**
   * Changes are lost: nobody read for longer than they are kept, or the database was restored from an older copy. Whoever listens comes back,
   * and gets a snapshot.
   */
  function startAnew(tail: Tail, newest: number): void {
    tail.at = newest
    for (const client of [...tail.clients]) {
      leave(tail, client)
      client.reply.raw.end()
    }
  }

  /** Zones whose figures differ from what was last told. */
  function changedFigures(tail: Tail, now: readonly Figures[]): string {
    const changed: string[] = []
    for (const zone of now) {
      const text = JSON.stringify(zone)
      if (tail.figures.get(zone.zoneId) !== text) changed.push(text)
      tail.figures.set(zone.zoneId, text)
    }
    return changed.join(',')
  }

  function send(tail: Tail, client: Client, text: string, at: number): void {
    const { raw } = client.reply
    client.at = at
    if (raw.writableLength <= MOST_UNREAD_BYTES) return void raw.write(text)
    leave(tail, client)
    raw.destroy()
  }

  function leave(tail: Tail, client: Client): void {
    if (!tail.clients.delete(client)) return
    report.streams(--clients)
    dropUnused(tail)
  }

  function dropUnused(tail: Tail): void {
    if (tail.clients.size + tail.joining === 0) tails.delete(tail.eventId)
  }

  /** The tail of an event, with one more that joins it: in one step, because a tail that nobody uses is dropped, and then nobody is told. */
  async function tailToJoin(eventId: string): Promise<Tail> {
    let tail = tails.get(eventId)
    if (!tail) {
      const found = await queries.event(eventId)
      tail = tails.get(eventId) ?? newTail(eventId, found)
    }
    tail.joining++
    return tail
  }

  /** At its newest change. */
  function newTail(eventId: string, { seq, detail }: { seq: number; detail: EventDetail }): Tail {
    const figures = new Map(
      detail.zones.map(({ zoneId, available, held, sold }) => [zoneId, JSON.stringify({ zoneId, available, held, sold })]),
    )
    const tail: Tail = { eventId, at: seq, clients: new Set(), joining: 0, figures, busy: false }
    tails.set(eventId, tail)
    return tail
  }

  /** What a new client has to hear first, and where that ends: the changes after its last id, or a snapshot. */
  async function beginning(eventId: string, last: number | null): Promise<{ text: string; at: number }> {
    const newest = await queries.seq(eventId)
    if (last === newest) return { text: '', at: last }
    // What is too much is not even read: in a rush 500 rows are tens of MB, for each of those who come back.
    const isShort = last !== null && last < newest && newest - last <= MOST_ROWS
    if (isShort && (await queries.changedBytes(eventId, last)) <= MOST_MISSED_BYTES) {
      const { rows, figures } = await queries.changesAndFigures(eventId, last, MOST_ROWS)
      const at = Number(rows.at(-1)?.seq)
      // Another one when it is longer ago than what is kept.
      if (Number(rows[0]?.seq) === last + 1 && at >= newest)
        return { text: changeMessage(rows, figures.map((zone) => JSON.stringify(zone)).join(',')), at }
    }
    const { detail, seq } = await queries.event(eventId)
    return { text: `event: snapshot\nid: ${seq}\ndata: ${textOf(detail)}\n\n`, at: seq }
  }

  /** A crowd that comes at one moment gets one event, written once. */
  function textOf(detail: EventDetail): string {
    const text = texts.get(detail) ?? JSON.stringify(detail)
    texts.set(detail, text)
    return text
  }

  function join(tail: Tail, { text, at }: { text: string; at: number }, request: FastifyRequest, reply: FastifyReply): void {
    reply.hijack()
    if (reply.raw.destroyed) return
    const client: Client = { reply, at }
    reply.raw.writeHead(200, { ...STREAM_HEADERS, 'x-request-id': request.id })
    reply.raw.write(`${RETRY}${text}`)
    tail.clients.add(client)
    report.streams(++clients)
    reply.raw.on('close', () => leave(tail, client))
  }

  return {
    async open(eventId, last, request, reply) {
      // An EventSource that hears 503 does not come back; one whose stream ends does, to another process.
      if (isStopped) {
        reply.hijack()
        reply.raw.writeHead(200, { ...STREAM_HEADERS, 'x-request-id': request.id }).end(RETRY)
        return
      }
      if (clients + joining >= MOST_CLIENTS)
        throw new Refusal('busy', 'This process has as many live streams as it can serve.', { retryAfter: 5 })
      const tail = await tailToJoin(eventId)
      joining++
      try {
        let first = await beginning(eventId, last)
        // The tail may have moved on in between: then this beginning lacks what the tail has told already.
        while (first.at < tail.at) first = await beginning(eventId, last)
        join(tail, first, request, reply)
      } finally {
        tail.joining--
        joining--
        dropUnused(tail)
      }
    },
    async stop() {
      isStopped = true
      clearInterval(ticking)
      clearInterval(commenting)
      for (const tail of [...tails.values()])
        for (const client of [...tail.clients]) {
          leave(tail, client)
          client.reply.raw.end()
        }
    },
  }
}

const RETRY = 'retry: 1000\n\n'
const STREAM_HEADERS = {
  ...CONSTANT_HEADERS,
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  'x-accel-buffering': 'no',
}

const after = (rows: readonly Row[], seq: number): Row[] => rows.filter((row) => Number(row.seq) > seq)

function changeMessage(rows: readonly Row[], zones: string): string {
  return `event: change\nid: ${rows.at(-1)?.seq}\ndata: {"seats":[${rows.map(({ body }) => body).join(',')}],"zones":[${zones}]}\n\n`
}
