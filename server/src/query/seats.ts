/** The seats of a zone, one letter each. */
import type { ZoneSeats } from '@onsale/contract/events'
import { Refusal } from '@onsale/contract/refusals'
import { rowIndex, zoneMap } from '../seats/map.ts'
import type { Sql } from '../sql/sql.ts'
import { requireEvent } from './events.ts'

export function seatQueries(sql: Sql) {
  const { db } = sql
  /** Rendered seats of a zone, as long as its version stands. */
  const seatsCache = new Map<string, { version: number; seats: ZoneSeats }>()
  const versionOf = db.selectFrom('event_zones').select('version').where('event_id', '=', '').where('zone_id', '=', 0).compile()

  async function zoneVersion(eventId: string, zoneId: number): Promise<number> {
    const [row] = await sql.read<{ version: number }>(versionOf, [eventId, zoneId])
    if (row) return Number(row.version)
    await requireEvent(sql, eventId)
    throw new Refusal('unknown-zone', `${eventId} has no zone ${zoneId}.`, { zoneId })
  }

  /** The seats of a zone as of a version or newer. Reading 3,000 rows takes about a millisecond, so it is kept until the zone changes. */
  async function seats(eventId: string, zoneId: number, version: number): Promise<ZoneSeats> {
    const key = `${zoneId}/${eventId}`
    const cached = seatsCache.get(key)
    if (cached?.version === version) return cached.seats
    const seats = await loadSeats(eventId, zoneId)
    if (seatsCache.size >= 5000) seatsCache.clear()
    seatsCache.set(key, { version, seats })
    return seats
  }

  async function loadSeats(eventId: string, zoneId: number): Promise<ZoneSeats> {
    const row = await db
      .selectFrom('events')
      .innerJoin('zones', 'zones.venue_id', 'events.venue_id')
      .select(['rows_', 'seats_per_row', 'gaps'])
      .where('event_id', '=', eventId)
      .where('zone_id', '=', zoneId)
      .executeTakeFirstOrThrow()
    const map = zoneMap({ zoneId, rows: row.rows_, seatsPerRow: row.seats_per_row, gaps: JSON.parse(row.gaps) })
    const letters = new Uint8Array(map.rows * map.seatsPerRow).fill(46)
    for (const gap of map.gaps) letters[gap] = 32
    const here = <T extends { row_: string; column_: number }>(seat: T) => rowIndex(seat.row_) * map.seatsPerRow + seat.column_ - 1
    const held = await db
      .selectFrom('held_seats')
      .select(['row_', 'column_'])
      .where('event_id', '=', eventId)
      .where('zone_id', '=', zoneId)
      .where('held', '=', 1)
      .execute()
    for (const seat of held) letters[here(seat)] = 104
    const sold = await db
      .selectFrom('tickets')
      .select(['row_', 'column_'])
      .where('event_id', '=', eventId)
      .where('zone_id', '=', zoneId)
      .where('living', '=', 1)
      .execute()
    for (const seat of sold) letters[here(seat)] = 115
    return { eventId, zoneId, rows: map.rows, seatsPerRow: map.seatsPerRow, seats: Buffer.from(letters).toString('latin1') }
  }

  return { zoneVersion, seats }
}
