/** Figures of what was sold. */
import { type Static, Type } from 'typebox'
import { Currency, Id, Money, Nullable } from './fields.ts'

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
