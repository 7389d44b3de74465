/** Venues with their zones. */
import { Refusal } from '@onsale/contract/refusals'
import type { Venue } from '@onsale/contract/venues'
import type { Schema } from '../sql/schema.ts'
import type { Sql } from '../sql/sql.ts'

export function venueQueries({ db }: Sql) {
  async function venues(after: readonly (string | number)[] | undefined, limit: number): Promise<Venue[]> {
    let query = db.selectFrom('venues').selectAll().orderBy('venue_id').limit(limit)
    if (after) query = query.where('venue_id', '>', after[0] as string)
    const rows = await query.execute()
    const zones =
      rows.length > 0
        ? await db
            .selectFrom('zones')
            .selectAll()
            .where(
              'venue_id',
              'in',
              rows.map(({ venue_id }) => venue_id),
            )
            .orderBy('ordinal')
            .execute()
        : []
    const zonesOf = Map.groupBy(zones, ({ venue_id }) => venue_id)
    return rows.map((row) => venueOf(row, zonesOf.get(row.venue_id) ?? []))
  }

  async function venue(venueId: string): Promise<Venue> {
    const row = await db.selectFrom('venues').selectAll().where('venue_id', '=', venueId).executeTakeFirst()
    if (!row) throw unknownVenue(venueId)
    return venueOf(row, await db.selectFrom('zones').selectAll().where('venue_id', '=', venueId).orderBy('ordinal').execute())
  }

  return { venues, venue }
}

export const unknownVenue = (venueId: string) => new Refusal('unknown-venue', `There is no venue ${venueId}.`, { venueId })

function venueOf(row: Schema['venues'], zones: readonly Schema['zones'][]): Venue {
  return {
    venueId: row.venue_id,
    name: row.name,
    city: row.city,
    timeZone: row.time_zone,
    capacity: zones.reduce((n, { capacity }) => n + capacity, 0),
    zones: zones.map(({ zone_id, section, name, rows_, seats_per_row, capacity }) => ({
      zoneId: zone_id,
      section,
      name,
      rows: rows_,
      seatsPerRow: seats_per_row,
      capacity,
    })),
  }
}
