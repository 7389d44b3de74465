/** The catalogue as the seat commands need it: in memory, read anew when its version was counted up. Events whose zones are not open yet are not in it. */

import { zoneKey } from '../ledger/ledger.ts'
import { zoneMap } from '../seats/map.ts'
import type { SellableEvent } from '../seats/rules.ts'
import type { Sql } from '../sql/sql.ts'

export type Catalogue = {
  event(eventId: string): SellableEvent | undefined
  hasVenue(venueId: string): boolean
  events(): Iterable<SellableEvent>
  /** Reads again if there is a new version. */
  refresh(): Promise<void>
}

export async function openCatalogue(sql: Sql): Promise<Catalogue> {
  let version = -1
  let events = new Map<string, SellableEvent>()
  let venues = new Set<string>()

  async function refresh(): Promise<void> {
    const row = await sql.db.selectFrom('catalogue').select('version').executeTakeFirst()
    if (row?.version === version) return
    ;({ events, venues } = await read(sql))
    version = row?.version ?? 0
  }
  await refresh()
  return { event: (id) => events.get(id), hasVenue: (id) => venues.has(id), events: () => events.values(), refresh }
}

async function read(sql: Sql): Promise<{ events: Map<string, SellableEvent>; venues: Set<string> }> {
  const venues = await sql.db.selectFrom('venues').select('venue_id').execute()
  const zones = await sql.db
    .selectFrom('event_zones')
    .innerJoin('events', 'events.event_id', 'event_zones.event_id')
    .innerJoin('zones', (join) => join.onRef('zones.zone_id', '=', 'event_zones.zone_id').onRef('zones.venue_id', '=', 'events.venue_id'))
    .select(['event_zones.event_id', 'event_zones.zone_id', 'price', 'rows_', 'seats_per_row', 'gaps', 'accessible', 'companion'])
    .orderBy('event_zones.event_id')
    .orderBy('event_zones.ordinal')
    .execute()
  const events = new Map<string, SellableEvent>()
  const zonesOf = Map.groupBy(zones, (zone) => zone.event_id)
  for (const event of await sql.db.selectFrom('events').selectAll().where('opened', '=', 1).execute()) {
    const priced = (zonesOf.get(event.event_id) ?? []).map(
      (zone) =>
        [
          zone.zone_id,
          {
            key: zoneKey(zone.event_id, zone.zone_id),
            price: zone.price,
            map: zoneMap({
              zoneId: zone.zone_id,
              rows: zone.rows_,
              seatsPerRow: zone.seats_per_row,
              gaps: JSON.parse(zone.gaps),
              accessible: JSON.parse(zone.accessible),
              companion: JSON.parse(zone.companion),
            }),
          },
        ] as const,
    )
    events.set(event.event_id, {
      eventId: event.event_id,
      venueId: event.venue_id,
      sale: event.sale,
      active: event.active === 1,
      saleStartsAt: event.sale_starts_at === null ? null : Date.parse(event.sale_starts_at),
      saleEndsAt: Date.parse(event.sale_ends_at),
      currency: event.currency,
      maxPerOrder: event.max_per_order,
      zones: new Map(priced),
    })
  }
  return { events, venues: new Set(venues.map(({ venue_id }) => venue_id)) }
}
