/** HTTP for reads: waits for the position that was asked for, says the position that is reflected, pages and tags. */

import * as api from '@onsale/contract/api'
import { badInput } from '@onsale/contract/refusals'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { pageOf, parseCursor } from './cursor.ts'
import type { EventFilter } from './events.ts'
import type { Positions } from './positions.ts'
import type { Queries } from './queries.ts'
import type { Dimension } from './sales.ts'
import type { Streams } from './stream.ts'
import type { TicketFilter } from './tickets.ts'

/** Different questions whose answers are kept for a second. */
const MOST_RENDERED = 300

type Paging = { limit: number; cursor?: string }

export function addQueryRoutes(http: FastifyInstance, queries: Queries, positions: Positions, streams: Streams): void {
  /** Waits for `Onsale-After`, then answers with the position that the answer reflects at least. */
  function read<Q>(route: api.Route, answer: (request: Q & FastifyRequest, reply: FastifyReply) => Promise<unknown>): void {
    http.route({
      ...route,
      handler: async (request, reply) => {
        const after = request.headers['onsale-after']
        await positions.reach(after === undefined ? undefined : String(after))
        const position = await positions.now()
        if (position) reply.header('onsale-position', position)
        return answer(request as Q & FastifyRequest, reply)
      },
    })
  }

  /** The same for everybody who asks at one position: rendered once, then sent as it is. An event of 100 zones took 19 echoes otherwise. */
  function readShared<Q>(route: api.Route, answer: (request: Q & FastifyRequest, reply: FastifyReply) => Promise<unknown>): void {
    const rendered = new Map<string, { position: string; at: number; page: Promise<{ body: Buffer; link: string | undefined }> }>()
    read<Q>(route, async (request, reply) => {
      const position = String(reply.getHeader('onsale-position') ?? '')
      // Not the address: whoever writes another number behind it each time would have an event of 100 zones made anew for each, and kept.
      const asked = JSON.stringify([request.params, 'querystring' in route.schema ? request.query : null])
      let known = rendered.get(asked)
      // Catalogue and clock change answers without a new position: a second is soon enough.
      if (known?.position !== position || performance.now() - known.at > 1000) {
        if (rendered.size >= MOST_RENDERED) rendered.clear()
        const page = answer(request, reply).then((content) => ({
          body: Buffer.from(reply.serialize(content) as string),
          link: reply.getHeader('link') as string | undefined,
        }))
        known = { position, at: performance.now(), page }
        rendered.set(asked, known)
        page.catch(() => rendered.delete(asked))
      }
      const { body, link } = await known.page
      if (link) reply.header('link', link)
      return reply.type('application/json; charset=utf-8').send(body)
    })
  }

  read<{ query: TicketFilter & Paging }>(api.listTickets, async ({ query, url }, reply) => {
    const { limit, cursor, ...filter } = query
    const rows = await queries.tickets(filter, parseCursor(cursor, ['number']), limit + 1)
    return linked(
      reply,
      pageOf(rows, limit, url, ({ number }) => [number]),
    )
  })
  read<{ params: { ticketId: string } }>(api.getTicket, ({ params }) => queries.ticket(params.ticketId))
  read<{ params: { eventId: string } }>(api.countTickets, async ({ params: { eventId } }) => ({
    eventId,
    count: await queries.count(eventId),
  }))
  read<{ params: { venueId: string; eventId: string } }>(api.ticketRevenue, async ({ params: { venueId, eventId } }) => ({
    venueId,
    eventId,
    ...(await queries.revenue(venueId, eventId)),
  }))
  readShared<{ query: { eventId?: string; by?: string } }>(api.salesSummary, ({ query: { eventId, by } }) =>
    queries.sales(eventId, (by?.split(',') ?? []) as Dimension[]),
  )
  readShared<{ query: EventFilter & Paging }>(api.listEvents, async ({ query, url }, reply) => {
    const { limit, cursor, ...filter } = query
    const rows = await queries.events(filter, parseCursor(cursor, ['string', 'string']), limit + 1, new Date().toISOString())
    return linked(
      reply,
      pageOf(rows, limit, url, ({ startsAt, eventId }) => [startsAt, eventId]),
    )
  })
  readShared<{ params: { eventId: string } }>(api.getEvent, async ({ params }) => (await queries.event(params.eventId)).detail)
  read<{ params: { eventId: string; zoneId: number } }>(api.zoneSeats, async ({ params: { eventId, zoneId }, headers }, reply) => {
    const version = await queries.zoneVersion(eventId, zoneId)
    const etag = `"${version}"`
    reply.header('etag', etag).header('cache-control', 'no-cache')
    if (isKnown(headers['if-none-match'], etag)) return reply.status(304).send()
    return queries.seats(eventId, zoneId, version)
  })
  readShared<{ query: Paging }>(api.listVenues, async ({ query: { limit, cursor }, url }, reply) => {
    const rows = await queries.venues(parseCursor(cursor, ['string']), limit + 1)
    return linked(
      reply,
      pageOf(rows, limit, url, ({ venueId }) => [venueId]),
    )
  })
  readShared<{ params: { venueId: string } }>(api.getVenue, ({ params }) => queries.venue(params.venueId))

  http.route({
    ...api.eventStream,
    handler: async (request, reply) => {
      const { eventId } = request.params as { eventId: string }
      const last = request.headers['last-event-id']
      if (last !== undefined && !/^\d{1,15}$/.test(String(last)))
        throw badInput([{ field: 'Last-Event-ID', message: 'is not an id of this stream' }])
      if (request.method === 'HEAD') {
        await queries.event(eventId)
        return reply.type('text/event-stream; charset=utf-8').send()
      }
      await streams.open(eventId, last === undefined ? null : Number(last), request, reply)
    },
  })
}

function linked<T>(reply: FastifyReply, { page, link }: { page: T[]; link: string | undefined }): T[] {
  if (link) reply.header('link', link)
  return page
}

/** Proxies that compress make a tag weak, and a client may know several. */
function isKnown(ifNoneMatch: string | undefined, etag: string): boolean {
  return (ifNoneMatch ?? '').split(',').some((tag) => tag.trim() === '*' || tag.trim().replace(/^W\//, '') === etag)
}
