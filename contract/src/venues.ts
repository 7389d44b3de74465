/** Venues as they are read, and the plan on which their zones lie. */
import { type Static, Type } from 'typebox'
import { Id, Nullable } from './fields.ts'

const Point = Type.Tuple([Type.Number(), Type.Number()])
export const Polygon = Type.Array(Point, { minItems: 3, maxItems: 400, description: 'x, y in the plan of the venue' })

/** Where the zones lie: a frame, and what everybody looks at. */
export const Plan = Type.Object({
  width: Type.Number({ exclusiveMinimum: 0, maximum: 100_000 }),
  height: Type.Number({ exclusiveMinimum: 0, maximum: 100_000 }),
  front: Type.Object({ name: Type.String({ minLength: 1, maxLength: 40 }), shape: Polygon }),
})
export type Plan = Static<typeof Plan>

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
