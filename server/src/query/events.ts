/** Events: the list, and one with its zones. */
import type { EventDetail, EventSummary, EventZone } from '@onsale/contract/events'
import { Refusal } from '@onsale/contract/refusals'
import { sql as raw } from 'kysely'
import type { Schema } from '../sql/schema.ts'
import type { Sql } from '../sql/sql.ts'

export type EventFilter = { q?: string; from?: string; to?: string; type?: string; venueId?: string }

export function eventQueries(sql: Sql) {
  const { db } = sql
  const eventCache = new Map<string, { seq: number; loadedAt: number; detail: EventDetail }>()
  const seqOf = db.selectFrom('events').select(['seq', 'active']).where('event_id', '=', '').compile()

  async function events(
    filter: EventFilter,
    after: readonly (string | number)[] | undefined,
    limit: number,
    now: string,
  ): Promise<EventSummary[]> {
    let query = db
      .selectFrom('events')
      .innerJoin('venues', 'venues.venue_id', 'events.venue_id')
      .selectAll('events')
      .select(['venues.name as venue', 'venues.city', 'venues.time_zone'])
      .where('active', '=', 1)
      .where('sale_ends_at', '>', now)
      .orderBy('starts_at')
      .orderBy('event_id')
      .limit(limit)
    if (filter.venueId !== undefined) query = query.where('events.venue_id', '=', filter.venueId)
    if (filter.type !== undefined) query = query.where((eb) => eb(eb.fn('lower', ['type']), '=', (filter.type as string).toLowerCase()))
    if (filter.from !== undefined) query = query.where('starts_at', '>=', new Date(filter.from).toISOString())
    if (filter.to !== undefined) query = query.where('starts_at', '<', new Date(filter.to).toISOString())
    for (const word of (filter.q ?? '').toLowerCase().split(/\s+/).filter(Boolean).slice(0, 10)) {
      // Not a backslash, which MySQL reads in texts as well.
      const like = `%${word.replace(/[!%_]/g, '!$&')}%`
      query = query.where((eb) =>
        eb.or(
          (['events.name', 'venues.name', 'venues.city', 'type'] as const).map(
            (column) => raw<boolean>`lower(${raw.ref(column)}) like ${like} escape '!'`,
          ),
        ),
      )
    }
    if (after) query = query.where((eb) => eb(eb.refTuple('starts_at', 'event_id'), '>', eb.tuple(after[0] as string, after[1] as string)))
    const rows = await query.execute()
    if (rows.length === 0) return []
    const zones = await db
      .selectFrom('event_zones')
      .selectAll()
      .where(
        'event_id',
        'in',
        rows.map(({ event_id }) => event_id),
      )
      .execute()
    const zonesOf = Map.groupBy(zones, ({ event_id }) => event_id)
    return rows.map((row) => summaryOf(row, zonesOf.get(row.event_id) ?? []))
  }

  /** An event with its zones, and the number of the last change that it reflects; the two belong together. */
  async function event(eventId: string): Promise<{ detail: EventDetail; seq: number }> {
    const [now] = await sql.read<{ seq: number; active: number }>(seqOf, [eventId])
    if (!now?.active) throw unknownEvent(eventId)
    const cached = eventCache.get(eventId)
    // Descriptions change by imports only, which do not count as changes of seats: a second is soon enough.
    if (cached?.seq === Number(now.seq) && performance.now() - cached.loadedAt < 1000) return cached
    const loaded = { ...(await loadEvent(eventId)), loadedAt: performance.now() }
    if (eventCache.size >= 1000) eventCache.clear()
    eventCache.set(eventId, loaded)
    return loaded
  }

  function loadEvent(eventId: string): Promise<{ detail: EventDetail; seq: number }> {
    return sql.snapshot(async (trx) => {
      const row = await trx
        .selectFrom('events')
        .innerJoin('venues', 'venues.venue_id', 'events.venue_id')
        .selectAll('events')
        .select(['venues.name as venue', 'venues.city', 'venues.time_zone', 'venues.plan'])
        .where('event_id', '=', eventId)
        .executeTakeFirstOrThrow()
      const zones = await trx
        .selectFrom('event_zones')
        .innerJoin('zones', (join) => join.onRef('zones.zone_id', '=', 'event_zones.zone_id').on('zones.venue_id', '=', row.venue_id))
        .selectAll()
        .where('event_id', '=', eventId)
        .orderBy('event_zones.ordinal')
        .execute()
      const detail: EventDetail = {
        ...summaryOf(row, zones),
        description: row.description,
        doorsOpenAt: row.doors_open_at,
        saleEndsAt: row.sale_ends_at,
        holdSeconds: row.hold_seconds,
        maxPerOrder: row.max_per_order,
        plan: row.plan === null ? null : JSON.parse(row.plan),
        zones: zones.map(eventZoneOf),
      }
      return { detail, seq: Number(row.seq) }
    })
  }

  /** The number of an event's last change. */
  async function seq(eventId: string): Promise<number> {
    const [row] = await sql.read<{ seq: number }>(seqOf, [eventId])
    return Number(row?.seq ?? 0)
  }

  return { events, event, seq }
}

export async function requireEvent({ db }: Sql, eventId: string): Promise<Schema['events']> {
  const event = await db.selectFrom('events').selectAll().where('event_id', '=', eventId).executeTakeFirst()
  if (!event) throw unknownEvent(eventId)
  return event
}

const unknownEvent = (eventId: string) => new Refusal('unknown-event', `There is no event ${eventId}.`, { eventId })

function summaryOf(
  row: Schema['events'] & { venue: string; city: string; time_zone: string },
  zones: readonly Schema['event_zones'][],
): EventSummary {
  const prices = zones.map(({ price }) => Number(price))
  const total = (field: 'available' | 'held' | 'sold') => zones.reduce((n, zone) => n + zone[field], 0)
  return {
    eventId: row.event_id,
    name: row.name,
    type: row.type,
    venueId: row.venue_id,
    venue: row.venue,
    city: row.city,
    timeZone: row.time_zone,
    startsAt: row.starts_at,
    saleStartsAt: row.sale_starts_at,
    currency: row.currency,
    sale: row.sale,
    priceFrom: Math.min(...prices),
    priceTo: Math.max(...prices),
    available: total('available'),
    held: total('held'),
    sold: total('sold'),
  }
}

function eventZoneOf(zone: Schema['zones'] & Schema['event_zones']): EventZone {
  return {
    zoneId: zone.zone_id,
    section: zone.section,
    name: zone.name,
    rows: zone.rows_,
    seatsPerRow: zone.seats_per_row,
    gaps: JSON.parse(zone.gaps),
    accessible: JSON.parse(zone.accessible),
    companion: JSON.parse(zone.companion),
    plan: zone.plan === null ? null : JSON.parse(zone.plan),
    price: Number(zone.price),
    available: zone.available,
    held: zone.held,
    sold: zone.sold,
  }
}
