/** The organiser's import form: what the files of samples/venues and samples/events may say. Import and export use the same. */
import { type Static, Type } from 'typebox'
import { SaleKind } from './events.ts'
import { Currency, Id, Time, ZoneId } from './fields.ts'
import { Plan, Polygon } from './venues.ts'

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

const Moment = Type.Union([
  Time,
  Type.Object({ inDays: Type.Integer({ minimum: 0, maximum: 3650 }), at: Type.String({ pattern: '^([01][0-9]|2[0-3]):[0-5][0-9]$' }) }),
])

/** Minor units. Nine million seats at the highest price are still counted exactly: 2^53. */
const Price = Type.Integer({ minimum: 0, maximum: 1_000_000_000 })

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
  zones: Type.Array(Type.Object({ zoneId: ZoneId, price: Price }), { maxItems: 5000, minItems: 1 }),
  holdSeconds: Type.Optional(Type.Integer({ minimum: 1, maximum: 86_400 })),
  maxPerOrder: Type.Optional(Type.Integer({ minimum: 1, maximum: 100 })),
  active: Type.Optional(Type.Boolean({ description: 'false: neither listed nor sold' })),
})
export type EventFile = Static<typeof EventFile>
