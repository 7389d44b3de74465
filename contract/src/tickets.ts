/** Tickets: as they are read, and as the buyer gets them. */
import { type Static, Type } from 'typebox'
import { Currency, Id, Money, Time } from './fields.ts'

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
