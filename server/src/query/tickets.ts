/** Tickets: one by its id, and the list. */

import { Refusal } from '@onsale/contract/refusals'
import type { Ticket } from '@onsale/contract/tickets'
import type { Selectable } from 'kysely'
import type { Schema } from '../sql/schema.ts'
import type { Sql } from '../sql/sql.ts'

export type TicketFilter = { eventId?: string; venueId?: string; status?: Ticket['status']; from?: string; to?: string }
export type NumberedTicket = Ticket & { number: number }

export function ticketQueries(sql: Sql) {
  const { db } = sql
  // The value in it is a place for those that come.
  const ticketById = db.selectFrom('tickets').selectAll().where('ticket_id', '=', '').compile()

  async function ticket(ticketId: string): Promise<Ticket> {
    const [row] = await sql.read<Selectable<Schema['tickets']>>(ticketById, [ticketId.toLowerCase()])
    if (!row) throw new Refusal('unknown-ticket', `There is no ticket ${ticketId}.`, { ticketId })
    return ticketOf(row)
  }

  async function tickets(filter: TicketFilter, after: readonly (string | number)[] | undefined, limit: number): Promise<NumberedTicket[]> {
    let query = db.selectFrom('tickets').selectAll().orderBy('number', 'desc').limit(limit)
    if (filter.eventId !== undefined) query = query.where('event_id', '=', filter.eventId)
    if (filter.venueId !== undefined) query = query.where('venue_id', '=', filter.venueId)
    if (filter.status !== undefined) query = query.where('status', '=', filter.status)
    if (filter.from !== undefined) query = query.where('created_on', '>=', new Date(filter.from).toISOString())
    if (filter.to !== undefined) query = query.where('created_on', '<', new Date(filter.to).toISOString())
    // A cursor may be forged, and databases disagree on whole numbers that are none.
    const { MIN_SAFE_INTEGER, MAX_SAFE_INTEGER } = Number
    if (after) query = query.where('number', '<', Math.ceil(Math.min(Math.max(after[0] as number, MIN_SAFE_INTEGER), MAX_SAFE_INTEGER)))
    return (await query.execute()).map((row) => ({ ...ticketOf(row), number: Number(row.number) }))
  }

  return { ticket, tickets }
}

function ticketOf(row: Selectable<Schema['tickets']>): Ticket {
  return {
    ticketId: row.ticket_id,
    venueId: row.venue_id,
    eventId: row.event_id,
    zoneId: row.zone_id,
    row: row.row_,
    column: String(row.column_),
    status: row.status,
    price: Number(row.price),
    currency: row.currency,
    createdOn: row.created_on,
  }
}
