/** Events, their zones and the seats of a zone, as they are read. */
import { type Static, Type } from 'typebox'
import { Currency, Id, Money, Nullable, Time } from './fields.ts'
import { Plan, Polygon } from './venues.ts'

export const SaleKind = Type.Union([Type.Literal('instant'), Type.Literal('checkout')])

/** Seats of a zone, or of all zones of an event. */
export const Figures = { available: Type.Integer({ minimum: 0 }), held: Type.Integer({ minimum: 0 }), sold: Type.Integer({ minimum: 0 }) }

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
