/** The tail that live streams read: one row per event and batch, numbered without gaps under the lock on the event's own row. */

import type { Entry } from '@onsale/contract/entry'
import type { Transaction } from 'kysely'
import type { Schema } from '../sql/schema.ts'
import type { Sql } from '../sql/sql.ts'

const STATE = { SeatsSold: 's', SeatsHeld: 'h', SeatsReleased: '.' } as const

export async function storeChanges(sql: Sql, trx: Transaction<Schema>, entries: readonly Entry[], now: number): Promise<void> {
  const bodies = new Map<string, string>()
  for (const entry of entries) {
    let seats = bodies.get(entry.eventId) ?? ''
    // Objects joined by commas, without brackets: a tail joins rows by joining texts.
    for (const { row, column } of entry.seats)
      seats += `${seats && ','}{"zoneId":${entry.zoneId},"row":"${row}","column":"${column}","state":"${STATE[entry.kind]}"}`
    bodies.set(entry.eventId, seats)
  }
  const at = new Date(now).toISOString()
  // In one order, so that two projectors with the same events do not lock each other out.
  for (const [event_id, body] of [...bodies].sort()) {
    await trx
      .updateTable('events')
      .set((eb) => ({ seq: eb('seq', '+', 1) }))
      .where('event_id', '=', event_id)
      .execute()
    const event = await trx.selectFrom('events').select('seq').where('event_id', '=', event_id).executeTakeFirst()
    if (event) await sql.insertOnce(trx, 'event_changes', [{ event_id, seq: event.seq, at, body }])
  }
}
