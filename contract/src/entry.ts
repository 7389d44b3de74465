/**
 * The log entry: one fact about seats of one zone, as the ledger keeps it, the bus carries it and SQL archives it.
 *
 * A reader skips a kind or a version that it does not know, and says so; nothing is ever removed from a version.
 * The ledger itself knows only `shard`, `position` and `was`; the rest is the fact that the command wrote.
 */
import { type Static, Type } from 'typebox'

/** What a seat was before the entry: free, held or sold. The read side counts by it, whatever order entries arrive in. */
export const SeatLetter = Type.Union([Type.Literal('.'), Type.Literal('h'), Type.Literal('s')])

const Seat = { row: Type.String(), column: Type.String() }

const Head = {
  v: Type.Literal(1),
  /** Seats of one shard change in one order; positions of a shard are 1, 2, 3, ... without a gap. */
  shard: Type.String(),
  position: Type.Integer({ minimum: 1 }),
  /** One letter for each seat, in the order of the seats. */
  was: Type.String({ pattern: '^[.hs]+$' }),
  createdOn: Type.String(),
  venueId: Type.String(),
  eventId: Type.String(),
  zoneId: Type.Integer(),
  /** W3C `traceparent` of the request, where it is traced. */
  trace: Type.Optional(Type.String()),
}

export const SeatsSold = Type.Object({
  ...Head,
  kind: Type.Literal('SeatsSold'),
  status: Type.Literal('PAID'),
  /** Minor units a seat, as the catalogue had it at the moment of the sale. */
  price: Type.Integer({ minimum: 0 }),
  currency: Type.String(),
  seats: Type.Array(Type.Object({ ticketId: Type.String(), ...Seat })),
})

export const SeatsHeld = Type.Object({
  ...Head,
  kind: Type.Literal('SeatsHeld'),
  holdId: Type.String(),
  expiresAt: Type.String(),
  seats: Type.Array(Type.Object(Seat)),
})

export const SeatsReleased = Type.Object({
  ...Head,
  kind: Type.Literal('SeatsReleased'),
  /** The tickets that ended with this release, in the order of the seats; absent when a hold was let go. */
  ended: Type.Optional(Type.Union([Type.Literal('CANCELLED'), Type.Literal('REFUNDED')])),
  price: Type.Optional(Type.Integer({ minimum: 0 })),
  currency: Type.Optional(Type.String()),
  seats: Type.Array(Type.Object({ ticketId: Type.Optional(Type.String()), ...Seat })),
})

export const Entry = Type.Union([SeatsSold, SeatsHeld, SeatsReleased])
export type SeatsSold = Static<typeof SeatsSold>
export type SeatsHeld = Static<typeof SeatsHeld>
export type SeatsReleased = Static<typeof SeatsReleased>
export type Entry = Static<typeof Entry>

/** What the command writes; the ledger adds the rest. */
export type Fact = Entry extends infer E ? (E extends unknown ? Omit<E, 'shard' | 'position' | 'was'> : never) : never

/** An entry on its way: what carriers need to know of it in the open, and the whole as one JSON object on one line. */
export type LogEntry = { shard: string; position: number; body: string }

/** The fact, as the command wrote it and unread, with its place in the log. */
export function seal(shard: string, position: number, was: string, fact: string): string {
  return `{"shard":${JSON.stringify(shard)},"position":${position},"was":"${was}",${fact.slice(1)}`
}
