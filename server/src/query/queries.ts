/** What can be asked of the read side. SQL in, contract shapes out; knows no HTTP. */

import type { EventDetail, EventSummary, EventZone, Sales, Ticket, Venue, ZoneSeats } from '@onsale/contract/api'
import { Refusal } from '@onsale/contract/refusals'
import { sql as raw, type Selectable } from 'kysely'
import { rowIndex, zoneMap } from '../seats/map.ts'
import type { Schema } from '../sql/schema.ts'
import type { Sql } from '../sql/sql.ts'

export type TicketFilter = { eventId?: string; venueId?: string; status?: Ticket['status']; from?: string; to?: string }
export type EventFilter = { q?: string; from?: string; to?: string; type?: string; venueId?: string }
export type Dimension = 'event' | 'venue' | 'zone' | 'row' | 'column'
export type NumberedTicket = Ticket & { number: number }

export type Queries = ReturnType<typeof createQueries>

export function createQueries(sql: Sql) {
  const { db } = sql
  /** Rendered seats of a zone, as long as its version stands. */
  const seatsCache = new Map<string, { version: number; seats: ZoneSeats }>()
  const eventCache = new Map<string, { seq: number; loadedAt: number; detail: EventDetail }>()
  // The values in these are places for those that come.
  const ticketById = db.selectFrom('tickets').selectAll().where('ticket_id', '=', '').compile()
  const seqOf = db.selectFrom('events').select(['seq', 'active']).where('event_id', '=', '').compile()
  const versionOf = db.selectFrom('event_zones').select('version').where('event_id', '=', '').where('zone_id', '=', 0).compile()

  async function requireEvent(eventId: string): Promise<Schema['events']> {
    const event = await db.selectFrom('events').selectAll().where('event_id', '=', eventId).executeTakeFirst()
    if (!event) throw unknownEvent(eventId)
    return event
  }

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
    const rows = await query.execute()
    // Looked for only where nothing was found: no ticket yet, or no such event.
    if (rows.length === 0 && filter.eventId !== undefined) await requireEvent(filter.eventId)
    return rows.map((row) => ({ ...ticketOf(row), number: Number(row.number) }))
  }

  async function count(eventId: string): Promise<number> {
    await requireEvent(eventId)
    const row = await db
      .selectFrom('event_zones')
      .select((eb) => eb.fn.sum<number>('sold').as('sold'))
      .where('event_id', '=', eventId)
      .executeTakeFirst()
    return Number(row?.sold ?? 0)
  }

  async function revenue(venueId: string, eventId: string): Promise<{ totalRevenue: number; currency: string }> {
    const venue = await db.selectFrom('venues').select('venue_id').where('venue_id', '=', venueId).executeTakeFirst()
    if (!venue) throw unknownVenue(venueId)
    const event = await requireEvent(eventId)
    if (event.venue_id !== venueId)
      throw new Refusal('event-not-at-venue', `${eventId} takes place at ${event.venue_id}.`, {
        venue: event.venue_id,
        errors: [{ field: 'venueId', message: `the event takes place at ${event.venue_id}` }],
      })
    const row = await db
      .selectFrom('event_zones')
      .select((eb) => eb.fn.sum<number>('revenue').as('revenue'))
      .where('event_id', '=', eventId)
      .executeTakeFirst()
    return { totalRevenue: Number(row?.revenue ?? 0), currency: event.currency }
  }

  async function sales(eventId: string | undefined, by: readonly Dimension[]): Promise<Sales> {
    if (eventId !== undefined) await requireEvent(eventId)
    let zones = db
      .selectFrom('event_zones')
      .innerJoin('events', 'events.event_id', 'event_zones.event_id')
      .select(['events.event_id', 'venue_id', 'zone_id', 'currency', 'sold', 'revenue'])
    if (eventId !== undefined) zones = zones.where('events.event_id', '=', eventId)
    const rows = await zones.orderBy('events.event_id').orderBy('ordinal').execute()
    const currencies = new Set(rows.map(({ currency }) => currency))
    const result: Sales = { ...sum(rows), currency: currencies.size === 1 ? (rows[0]?.currency ?? null) : null, by: {} }
    if (by.includes('event'))
      result.by.event = grouped(
        rows,
        (row) => row.event_id,
        (row) => ({ eventId: row.event_id, currency: row.currency }),
      )
    if (by.includes('venue'))
      result.by.venue = grouped(
        rows,
        (row) => row.venue_id,
        (row) => ({ venueId: row.venue_id }),
      )
    if (by.includes('zone'))
      result.by.zone = grouped(
        rows,
        (row) => `${row.zone_id}/${row.venue_id}`,
        (row) => ({ venueId: row.venue_id, zoneId: row.zone_id }),
      )
    if (by.includes('row'))
      result.by.row = (await salesBy('row', eventId))
        .sort((a, b) => rowIndex(a.value) - rowIndex(b.value))
        .map(({ value, ...figures }) => ({ row: value, ...figures }))
    if (by.includes('column'))
      result.by.column = (await salesBy('column', eventId))
        .sort((a, b) => Number(a.value) - Number(b.value))
        .map(({ value, ...figures }) => ({ column: value, ...figures }))
    return result
  }

  async function salesBy(
    dimension: 'row' | 'column',
    eventId: string | undefined,
  ): Promise<{ value: string; sold: number; revenue: number }[]> {
    let query = db
      .selectFrom('sales')
      .select(['value', (eb) => eb.fn.sum<number>('sold').as('sold'), (eb) => eb.fn.sum<number>('revenue').as('revenue')])
      .where('dimension', '=', dimension)
      .groupBy('value')
    if (eventId !== undefined) query = query.where('event_id', '=', eventId)
    return (await query.execute()).map(({ value, sold, revenue }) => ({ value, sold: Number(sold), revenue: Number(revenue) }))
  }

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
    return db
      .transaction()
      .setIsolationLevel('repeatable read')
      .execute(async (trx) => {
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

  async function zoneVersion(eventId: string, zoneId: number): Promise<number> {
    const [row] = await sql.read<{ version: number }>(versionOf, [eventId, zoneId])
    if (row) return Number(row.version)
    await requireEvent(eventId)
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

  /**
   * Rows of the live stream after a number (seats as JSON objects joined by commas), and free, held and sold of each zone. The two are of
   * one moment: figures of another one would be told too early or never.
   */
  function changesAndFigures(eventId: string, after: number, limit: number) {
    return db
      .transaction()
      .setIsolationLevel('repeatable read')
      .execute(async (trx) => {
        const rows = await trx
          .selectFrom('event_changes')
          .select(['seq', 'body'])
          .where('event_id', '=', eventId)
          .where('seq', '>', after)
          .orderBy('seq')
          .limit(limit)
          .execute()
        if (rows.length === 0) return { rows, figures: [] }
        const zones = await trx
          .selectFrom('event_zones')
          .select(['zone_id', 'available', 'held', 'sold'])
          .where('event_id', '=', eventId)
          .execute()
        return { rows, figures: zones.map(({ zone_id, ...rest }) => ({ zoneId: zone_id, ...rest })) }
      })
  }

  async function seq(eventId: string): Promise<number> {
    const [row] = await sql.read<{ seq: number }>(seqOf, [eventId])
    return Number(row?.seq ?? 0)
  }

  return { ticket, tickets, count, revenue, sales, events, event, zoneVersion, seats, venues, venue, changesAndFigures, seq }
}

const unknownEvent = (eventId: string) => new Refusal('unknown-event', `There is no event ${eventId}.`, { eventId })
const unknownVenue = (venueId: string) => new Refusal('unknown-venue', `There is no venue ${venueId}.`, { venueId })

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

function sum(rows: readonly { sold: number; revenue: number }[]): { sold: number; revenue: number } {
  return rows.reduce((total, { sold, revenue }) => ({ sold: total.sold + sold, revenue: total.revenue + Number(revenue) }), {
    sold: 0,
    revenue: 0,
  })
}

function grouped<R extends { sold: number; revenue: number }, H>(
  rows: readonly R[],
  key: (row: R) => string,
  head: (row: R) => H,
): (H & { sold: number; revenue: number })[] {
  return [...Map.groupBy(rows, key).values()].map((group) => ({ ...head(group[0] as R), ...sum(group) }))
}
