/** The newest word on every seat that was ever held: a hold writes it, and so does whatever ends the hold. */

import type { Entry } from '@onsale/contract/entry'
import type { Transaction } from 'kysely'
import type { Schema } from '../sql/schema.ts'
import type { Sql } from '../sql/sql.ts'

export async function storeHeldSeats(sql: Sql, trx: Transaction<Schema>, entries: readonly Entry[]): Promise<void> {
  const rows = entries.flatMap((entry) =>
    entry.seats
      .filter((_, i) => entry.kind === 'SeatsHeld' || entry.was[i] === 'h')
      .map(({ row, column }) => ({
        event_id: entry.eventId,
        zone_id: entry.zoneId,
        row_: row,
        column_: Number(column),
        position: entry.position,
        held: entry.kind === 'SeatsHeld' ? 1 : 0,
        expires_at: entry.kind === 'SeatsHeld' ? entry.expiresAt : null,
      })),
  )
  if (rows.length > 0) await sql.putNewest(trx, 'held_seats', ['event_id', 'zone_id', 'row_', 'column_'], rows)
}
