/** Tickets: one row each, for good. A sale inserts it living; its end takes the life, so that the seat may have another. */

import type { Entry, SeatsReleased, SeatsSold } from '@onsale/contract/entry'
import type { Transaction } from 'kysely'
import type { Schema } from '../sql/schema.ts'
import type { Sql } from '../sql/sql.ts'

export type Conflict = { ticketId: string; eventId: string; zoneId: number; row: string; column: string }

/** A ticket as an entry names it. */
export const ticketIn = ({ shard, position }: { shard: string; position: number }, ticketId: string): string =>
  `${shard}/${position}/${ticketId}`

/**
 * `conflicts` are tickets whose seat has another living ticket: those are not stored as tickets but told. `strangers` are they, and
 * ends of tickets that do not live: neither changes a figure.
 */
export type StoredTickets = { conflicts: Conflict[]; strangers: ReadonlySet<string> }

export async function storeTickets(sql: Sql, trx: Transaction<Schema>, entries: readonly Entry[], now: number): Promise<StoredTickets> {
  const conflicts: Conflict[] = []
  const strangers = new Set<string>()
  let sold: SeatsSold[] = []
  const insertSold = async (): Promise<void> => {
    for (const row of await insert(sql, trx, sold, now)) {
      conflicts.push({ ticketId: row.ticket_id, eventId: row.event_id, zoneId: row.zone_id, row: row.row_, column: String(row.column_) })
      strangers.add(ticketIn(row, row.ticket_id))
    }
    sold = []
  }
  let ended: SeatsReleased[] = []
  const endThem = async (): Promise<void> => {
    for (const name of await end(trx, ended)) strangers.add(name)
    ended = []
  }
  // A seat that is released and sold again within the batch needs its release first, a ticket that is sold and ended its sale.
  for (const entry of entries) {
    if (entry.kind === 'SeatsSold') {
      if (ended.length > 0) await endThem()
      sold.push(entry)
    }
    if (entry.kind === 'SeatsReleased' && entry.ended) {
      if (sold.length > 0) await insertSold()
      ended.push(entry)
    }
  }
  await endThem()
  await insertSold()
  return { conflicts, strangers }
}

/** Returns the rows whose seat has another living ticket. */
async function insert(sql: Sql, trx: Transaction<Schema>, sold: readonly SeatsSold[], now: number) {
  const rows = sold.flatMap((entry) =>
    entry.seats.map((seat) => ({
      position: entry.position,
      shard: entry.shard,
      ticket_id: seat.ticketId,
      venue_id: entry.venueId,
      event_id: entry.eventId,
      zone_id: entry.zoneId,
      row_: seat.row,
      column_: Number(seat.column),
      status: entry.status,
      living: 1,
      price: entry.price,
      currency: entry.currency,
      created_on: entry.createdOn,
    })),
  )
  if (rows.length === 0) return []
  const isNew = await sql.insertOnce(trx, 'tickets', rows)
  const doubled = rows.filter((_, i) => !isNew[i])
  if (doubled.length === 0) return []
  const found_on = new Date(now).toISOString()
  await sql.insertOnce(
    trx,
    'conflicts',
    doubled.map(({ shard, position, ticket_id, event_id, zone_id, row_, column_ }) => ({
      shard,
      position,
      ticket_id,
      event_id,
      zone_id,
      row_,
      column_,
      found_on,
    })),
  )
  return doubled
}

/** So many are looked up and ended at once: a house that is refunded, one by one, took 1 ms a ticket on a server. */
const MOST_ENDED = 500

/** Returns the tickets that do not live, as their entries name them: there is nothing to end. */
async function end(trx: Transaction<Schema>, entries: readonly SeatsReleased[]): Promise<string[]> {
  const all = entries.flatMap((entry) => entry.seats.flatMap(({ ticketId }) => (ticketId === undefined ? [] : { entry, ticketId })))
  const strangers: string[] = []
  for (let from = 0; from < all.length; from += MOST_ENDED) {
    const named = all.slice(from, from + MOST_ENDED)
    const ids = named.map(({ ticketId }) => ticketId)
    const rows = await trx.selectFrom('tickets').select('ticket_id').where('ticket_id', 'in', ids).where('living', '=', 1).execute()
    const living = new Set(rows.map(({ ticket_id }) => ticket_id))
    const ends = named.filter(({ entry, ticketId }) => {
      const lives = living.delete(ticketId)
      if (!lives) strangers.push(ticketIn(entry, ticketId))
      return lives
    })
    for (const [status, ofStatus] of Map.groupBy(ends, ({ entry }) => entry.ended as 'CANCELLED' | 'REFUNDED'))
      await trx
        .updateTable('tickets')
        .set({ status, living: null })
        .where(
          'ticket_id',
          'in',
          ofStatus.map(({ ticketId }) => ticketId),
        )
        .execute()
  }
  return strangers
}
