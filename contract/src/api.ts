/**
 * Every route of the seat path: method, path, request and responses. One object is validation, documentation and type.
 * Bodies ignore unknown fields, queries refuse them; money is in minor units; times are ISO 8601 in UTC.
 */
import { type Static, type TSchema, Type } from 'typebox'
import { refusals } from './refusals.ts'

const Id = Type.String({ minLength: 1, maxLength: 100 })
const Time = Type.String({ format: 'date-time' })
const Money = Type.Integer({ description: 'minor units of the currency' })
const Currency = Type.String({ pattern: '^[A-Z]{3}$', description: 'ISO 4217' })
const ZoneId = Type.Integer({ minimum: 1, maximum: 1_000_000, description: 'unique within the venue' })
const Row = Type.String({ pattern: '^[A-Za-z]{1,3}$', description: 'A..Z, AA.., any case' })
const Column = Type.Union([Type.Integer({ minimum: 1, maximum: 10_000 }), Type.String({ pattern: '^[1-9][0-9]{0,4}$' })], {
  description: 'from 1, as a number or a string',
})
const Nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()])

// ---------------------------------------------------------------- problems

export const Problem = Type.Object(
  {
    type: Type.String(),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.String(),
    code: Type.String(),
    requestId: Type.String(),
    errors: Type.Optional(Type.Array(Type.Object({ field: Type.String(), message: Type.String() }))),
  },
  { additionalProperties: true, description: 'RFC 9457; `code` is one of the table at /problems' },
)

// ---------------------------------------------------------------- purchase

const SeatName = Type.Object({ zoneId: ZoneId, row: Row, column: Column })

/** One seat, a list of seats, or the best available. Exactly one of the three; the rules say which fields go together. */
export const Wish = Type.Object({
  venueId: Id,
  eventId: Id,
  zoneId: Type.Optional(ZoneId),
  row: Type.Optional(Row),
  column: Type.Optional(Column),
  seats: Type.Optional(Type.Array(SeatName, { minItems: 1, maxItems: 100 })),
  quantity: Type.Optional(Type.Integer({ minimum: 1, maximum: 100 })),
  maxPrice: Type.Optional(Type.Integer({ minimum: 0, description: 'minor units, a seat' })),
  accessible: Type.Optional(Type.Boolean({ description: 'wheelchair places with companions beside' })),
})
export type Wish = Static<typeof Wish>

export const TicketStatus = Type.Union([Type.Literal('PAID'), Type.Literal('CANCELLED'), Type.Literal('REFUNDED')])

export const Ticket = Type.Object({
  ticketId: Type.String({ format: 'uuid' }),
  venueId: Id,
  eventId: Id,
  zoneId: Type.Integer(),
  row: Type.String(),
  column: Type.String(),
  status: TicketStatus,
  price: Money,
  currency: Currency,
  createdOn: Time,
})
export type Ticket = Static<typeof Ticket>

export const SoldTicket = Type.Object({ ...Ticket.properties, purchaseTime: Time })
export type SoldTicket = Static<typeof SoldTicket>
export const SoldTickets = Type.Object({ tickets: Type.Array(SoldTicket) })
export type SoldTickets = Static<typeof SoldTickets>

// ---------------------------------------------------------------- venues and events

const Point = Type.Tuple([Type.Number(), Type.Number()])
const Polygon = Type.Array(Point, { minItems: 3, maxItems: 400, description: 'x, y in the plan of the venue' })

/** Where the zones lie: a frame, and what everybody looks at. */
export const Plan = Type.Object({
  width: Type.Number({ exclusiveMinimum: 0, maximum: 100_000 }),
  height: Type.Number({ exclusiveMinimum: 0, maximum: 100_000 }),
  front: Type.Object({ name: Type.String({ minLength: 1, maxLength: 40 }), shape: Polygon }),
})
export type Plan = Static<typeof Plan>

const SeatRanges = Type.Array(Type.String({ pattern: '^[A-Za-z]{1,3}[1-9][0-9]{0,4}(-[A-Za-z]{1,3}[1-9][0-9]{0,4})?$' }), {
  maxItems: 5000,
  description: 'seats of the zone: "A1", or "A1-A4" within a row',
})

export const Zone = Type.Object({
  zoneId: ZoneId,
  section: Type.Optional(Type.String({ minLength: 1, maxLength: 80, description: 'a label shared by zones; the tier of the mock-ups' })),
  name: Type.Optional(Type.String({ minLength: 1, maxLength: 80 })),
  rows: Type.Integer({ minimum: 1, maximum: 1000 }),
  seatsPerRow: Type.Integer({ minimum: 1, maximum: 1000 }),
  gaps: Type.Optional(SeatRanges),
  accessible: Type.Optional(SeatRanges),
  companion: Type.Optional(SeatRanges),
  plan: Type.Optional(Polygon),
})
export type Zone = Static<typeof Zone>

/** The organiser's import form of a venue: one file of samples/venues. */
export const VenueFile = Type.Object({
  venueId: Id,
  name: Type.String({ minLength: 1, maxLength: 200 }),
  city: Type.String({ minLength: 1, maxLength: 200 }),
  timeZone: Type.String({ minLength: 1, maxLength: 60, description: 'IANA name' }),
  plan: Type.Optional(Plan),
  zones: Type.Array(Zone, { minItems: 1, maxItems: 5000 }),
})
export type VenueFile = Static<typeof VenueFile>

export const SaleKind = Type.Union([Type.Literal('instant'), Type.Literal('checkout')])

const Moment = Type.Union([
  Time,
  Type.Object({ inDays: Type.Integer({ minimum: 0, maximum: 3650 }), at: Type.String({ pattern: '^([01][0-9]|2[0-3]):[0-5][0-9]$' }) }),
])

/** The organiser's import form of an event: one file of samples/events. A moment may be days from the import, at a time of the venue. */
export const EventFile = Type.Object({
  eventId: Id,
  venueId: Id,
  name: Type.String({ minLength: 1, maxLength: 200 }),
  type: Type.String({ minLength: 1, maxLength: 60 }),
  description: Type.Optional(Type.String({ maxLength: 10_000 })),
  startsAt: Moment,
  doorsOpenAt: Type.Optional(Moment),
  saleStartsAt: Type.Optional(Moment),
  saleEndsAt: Type.Optional(Moment),
  sale: SaleKind,
  currency: Currency,
  zones: Type.Array(Type.Object({ zoneId: ZoneId, price: Type.Integer({ minimum: 0 }) }), { maxItems: 5000, minItems: 1 }),
  holdSeconds: Type.Optional(Type.Integer({ minimum: 1, maximum: 86_400 })),
  maxPerOrder: Type.Optional(Type.Integer({ minimum: 1, maximum: 100 })),
  active: Type.Optional(Type.Boolean({ description: 'false: neither listed nor sold' })),
})
export type EventFile = Static<typeof EventFile>

const Figures = { available: Type.Integer({ minimum: 0 }), held: Type.Integer({ minimum: 0 }), sold: Type.Integer({ minimum: 0 }) }

export const EventSummary = Type.Object({
  eventId: Id,
  name: Type.String(),
  type: Type.String(),
  venueId: Id,
  venue: Type.String(),
  city: Type.String(),
  timeZone: Type.String(),
  startsAt: Time,
  saleStartsAt: Nullable(Time),
  currency: Currency,
  sale: SaleKind,
  priceFrom: Money,
  priceTo: Money,
  ...Figures,
})
export type EventSummary = Static<typeof EventSummary>

export const EventZone = Type.Object({
  zoneId: Type.Integer(),
  section: Nullable(Type.String()),
  name: Nullable(Type.String()),
  rows: Type.Integer(),
  seatsPerRow: Type.Integer(),
  gaps: Type.Array(Type.String()),
  accessible: Type.Array(Type.String()),
  companion: Type.Array(Type.String()),
  plan: Nullable(Polygon),
  price: Money,
  ...Figures,
})
export type EventZone = Static<typeof EventZone>

export const EventDetail = Type.Object({
  ...EventSummary.properties,
  description: Nullable(Type.String()),
  doorsOpenAt: Nullable(Time),
  saleEndsAt: Nullable(Time),
  holdSeconds: Type.Integer(),
  maxPerOrder: Type.Integer(),
  plan: Nullable(Plan),
  zones: Type.Array(EventZone),
})
export type EventDetail = Static<typeof EventDetail>

export const ZoneSeats = Type.Object({
  eventId: Id,
  zoneId: Type.Integer(),
  rows: Type.Integer(),
  seatsPerRow: Type.Integer(),
  seats: Type.String({ description: 'one letter a seat, row by row: . free, h held, s sold, space no seat' }),
})
export type ZoneSeats = Static<typeof ZoneSeats>

export const Venue = Type.Object({
  venueId: Id,
  name: Type.String(),
  city: Type.String(),
  timeZone: Type.String(),
  capacity: Type.Integer(),
  zones: Type.Array(
    Type.Object({
      zoneId: Type.Integer(),
      section: Nullable(Type.String()),
      name: Nullable(Type.String()),
      rows: Type.Integer(),
      seatsPerRow: Type.Integer(),
      capacity: Type.Integer(),
    }),
  ),
})
export type Venue = Static<typeof Venue>

// ---------------------------------------------------------------- the live stream

/** `event: snapshot` carries an EventDetail, `event: change` this. `id:` is the event's own gapless sequence. */
export const StreamChange = Type.Object({
  seats: Type.Array(
    Type.Object({
      zoneId: Type.Integer(),
      row: Type.String(),
      column: Type.String(),
      state: Type.Union([Type.Literal('.'), Type.Literal('h'), Type.Literal('s')]),
    }),
  ),
  zones: Type.Array(Type.Object({ zoneId: Type.Integer(), ...Figures })),
})
export type StreamChange = Static<typeof StreamChange>

// ---------------------------------------------------------------- figures

const Sold = { sold: Type.Integer(), revenue: Money }
export const Sales = Type.Object({
  sold: Type.Integer(),
  revenue: Money,
  currency: Nullable(Currency),
  by: Type.Object({
    event: Type.Optional(Type.Array(Type.Object({ eventId: Id, currency: Currency, ...Sold }))),
    venue: Type.Optional(Type.Array(Type.Object({ venueId: Id, ...Sold }))),
    zone: Type.Optional(Type.Array(Type.Object({ venueId: Id, zoneId: Type.Integer(), ...Sold }))),
    row: Type.Optional(Type.Array(Type.Object({ row: Type.String(), ...Sold }))),
    column: Type.Optional(Type.Array(Type.Object({ column: Type.String(), ...Sold }))),
  }),
})
export type Sales = Static<typeof Sales>

// ---------------------------------------------------------------- health

export const Health = Type.Object({
  status: Type.Literal('healthy'),
  service: Type.String(),
  timestamp: Time,
  environment: Type.String(),
  port: Type.Integer(),
  version: Type.String(),
})
export const Readiness = Type.Object({
  status: Type.Union([Type.Literal('ready'), Type.Literal('not-ready')]),
  checks: Type.Array(
    Type.Object({
      name: Type.String(),
      status: Type.Union([Type.Literal('ok'), Type.Literal('degraded'), Type.Literal('failing')]),
      detail: Type.String(),
    }),
  ),
})

// ---------------------------------------------------------------- routes

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

/** The page of a problem: what the code means and what to do. */
export const problemPage = (code: string) => ({ code, ...(refusals[code as keyof typeof refusals] ?? null) })
