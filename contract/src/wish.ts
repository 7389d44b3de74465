/** What a buyer asks for. */
import { type Static, Type } from 'typebox'
import { Column, Id, Row, ZoneId } from './fields.ts'

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
