/**
 * Every route of the seat path: method, path, request and responses. One object is validation, documentation and type; the shapes it names stand
 * in a file each beside it. Bodies ignore unknown fields, queries refuse them; money is in minor units; times are ISO 8601 in UTC.
 */
import { type TSchema, Type } from 'typebox'
import { EventDetail, EventSummary, ZoneSeats } from './events.ts'
import { Currency, Id, Money, Time, ZoneId } from './fields.ts'
import { Health, Readiness } from './health.ts'
import { Problem } from './problem.ts'
import { Sales } from './sales.ts'
import { SoldTicket, SoldTickets, Ticket, TicketStatus } from './tickets.ts'
import { Venue } from './venues.ts'
import { Wish } from './wish.ts'

const problem = { description: 'a problem; `code` says which', content: { 'application/problem+json': { schema: Problem } } }
const problems = (...statuses: number[]) => Object.fromEntries(statuses.map((status) => [status, problem]))

const idempotency = Type.Object({
  'idempotency-key': Type.Optional(
    Type.String({ description: '1 to 200 visible ASCII characters; the same key and body get the first answer' }),
  ),
})
const after = Type.Object({
  'onsale-after': Type.Optional(
    Type.String({ description: 'tokens of `Onsale-Position`, joined by commas: the answer reflects at least these' }),
  ),
})
/** A filter that is misspelt would show everything: what is not here is refused. */
const Query = <P extends Record<string, TSchema>>(properties: P) => Type.Object(properties, { additionalProperties: false })
const Limit = Type.Integer({ minimum: 1, maximum: 200, default: 50 })

/** `who` may call it: `anyone`, or roles. */
export type Route = { method: 'GET' | 'POST'; url: string; who: string; schema: Record<string, unknown> }
const route = <const R extends Route>(definition: R): R => definition

export const buyTickets = route({
  method: 'POST',
  url: '/purchase/api/v1/tickets',
  who: 'anyone',
  schema: {
    summary: 'Buys seats at once: one named seat, a list of seats (all or none), or the best available.',
    tags: ['purchase'],
    headers: idempotency,
    body: Wish,
    response: { 201: Type.Union([SoldTicket, SoldTickets]), ...problems(400, 403, 404, 409, 413, 415, 422, 503) },
  },
})

export const listTickets = route({
  method: 'GET',
  url: '/query/api/v1/tickets',
  who: 'anyone',
  schema: {
    summary: 'Tickets, newest first.',
    tags: ['query'],
    headers: after,
    querystring: Query({
      eventId: Type.Optional(Id),
      venueId: Type.Optional(Id),
      status: Type.Optional(TicketStatus),
      from: Type.Optional(Time),
      to: Type.Optional(Time),
      limit: Type.Optional(Limit),
      cursor: Type.Optional(Type.String({ maxLength: 200 })),
    }),
    response: { 200: Type.Array(Ticket), ...problems(400, 404, 503) },
  },
})

export const getTicket = route({
  method: 'GET',
  url: '/query/api/v1/tickets/:ticketId',
  who: 'anyone',
  schema: {
    summary: 'One ticket.',
    tags: ['query'],
    headers: after,
    params: Type.Object({ ticketId: Id }),
    response: { 200: Ticket, ...problems(400, 404, 503) },
  },
})

export const countTickets = route({
  method: 'GET',
  url: '/query/api/v1/tickets/count/:eventId',
  who: 'anyone',
  schema: {
    summary: 'How many living tickets an event has.',
    tags: ['query'],
    headers: after,
    params: Type.Object({ eventId: Id }),
    response: { 200: Type.Object({ eventId: Id, count: Type.Integer() }), ...problems(400, 404, 503) },
  },
})

export const ticketRevenue = route({
  method: 'GET',
  url: '/query/api/v1/tickets/revenue/:venueId/:eventId',
  who: 'anyone',
  schema: {
    summary: 'The sum of the prices stored on the living tickets of an event.',
    tags: ['query'],
    headers: after,
    params: Type.Object({ venueId: Id, eventId: Id }),
    response: { 200: Type.Object({ venueId: Id, eventId: Id, totalRevenue: Money, currency: Currency }), ...problems(400, 404, 503) },
  },
})

export const salesSummary = route({
  method: 'GET',
  url: '/query/api/v1/sales',
  who: 'anyone',
  schema: {
    summary: 'Seats sold and revenue, in all and by event, venue, zone, row or column.',
    tags: ['query'],
    headers: after,
    querystring: Query({
      eventId: Type.Optional(Id),
      by: Type.Optional(
        Type.String({
          pattern: '^(event|venue|zone|row|column)(,(event|venue|zone|row|column))*$',
          description: 'event, venue, zone, row or column, or some of them joined by commas',
        }),
      ),
    }),
    response: { 200: Sales, ...problems(400, 404, 503) },
  },
})

export const listEvents = route({
  method: 'GET',
  url: '/query/api/v1/events',
  who: 'anyone',
  schema: {
    summary: 'Events on sale, soonest first.',
    tags: ['query'],
    headers: after,
    querystring: Query({
      q: Type.Optional(Type.String({ maxLength: 200 })),
      from: Type.Optional(Time),
      to: Type.Optional(Time),
      type: Type.Optional(Type.String({ maxLength: 60 })),
      venueId: Type.Optional(Id),
      limit: Type.Optional(Limit),
      cursor: Type.Optional(Type.String({ maxLength: 200 })),
    }),
    response: { 200: Type.Array(EventSummary), ...problems(400, 503) },
  },
})

export const getEvent = route({
  method: 'GET',
  url: '/query/api/v1/events/:eventId',
  who: 'anyone',
  schema: {
    summary: 'One event with its zones and what is free in them.',
    tags: ['query'],
    headers: after,
    params: Type.Object({ eventId: Id }),
    response: { 200: EventDetail, ...problems(400, 404, 503) },
  },
})

export const zoneSeats = route({
  method: 'GET',
  url: '/query/api/v1/events/:eventId/zones/:zoneId/seats',
  who: 'anyone',
  schema: {
    summary: 'The seats of a zone, one letter each.',
    tags: ['query'],
    headers: after,
    params: Type.Object({ eventId: Id, zoneId: ZoneId }),
    response: { 200: ZoneSeats, 304: Type.Null({ description: 'unchanged since the ETag' }), ...problems(400, 404, 503) },
  },
})

export const eventStream = route({
  method: 'GET',
  url: '/query/api/v1/events/:eventId/stream',
  who: 'anyone',
  schema: {
    summary: 'Server-sent events: a `snapshot` (the event), then every `change` once, in order; `Last-Event-ID` resumes.',
    tags: ['query'],
    params: Type.Object({ eventId: Id }),
    response: {
      200: { description: 'an event stream', content: { 'text/event-stream': { schema: Type.String() } } },
      ...problems(400, 404, 503),
    },
  },
})

export const listVenues = route({
  method: 'GET',
  url: '/query/api/v1/venues',
  who: 'anyone',
  schema: {
    summary: 'Venues with zones and capacity, by id.',
    tags: ['query'],
    querystring: Query({ limit: Type.Optional(Limit), cursor: Type.Optional(Type.String({ maxLength: 200 })) }),
    response: { 200: Type.Array(Venue), ...problems(400, 503) },
  },
})

export const getVenue = route({
  method: 'GET',
  url: '/query/api/v1/venues/:venueId',
  who: 'anyone',
  schema: {
    summary: 'One venue.',
    tags: ['query'],
    params: Type.Object({ venueId: Id }),
    response: { 200: Venue, ...problems(400, 404, 503) },
  },
})

export const health = (prefix: string) =>
  route({
    method: 'GET',
    url: `${prefix}/health`,
    who: 'anyone',
    schema: { summary: 'Alive. Says nothing of what it depends on.', tags: ['health'], response: { 200: Health } },
  })

export const readiness = route({
  method: 'GET',
  url: '/health/ready',
  who: 'anyone',
  schema: {
    summary: 'Ready to work: ledger, bus, database, schema, backlog.',
    tags: ['health'],
    response: { 200: Readiness, 503: Readiness },
  },
})
