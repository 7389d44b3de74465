/** Figures: how many seats were sold, and for how much, from the counters that the projector keeps. */

import { Refusal } from '@onsale/contract/refusals'
import type { Sales } from '@onsale/contract/sales'
import { rowIndex } from '../seats/map.ts'
import type { Sql } from '../sql/sql.ts'
import { requireEvent } from './events.ts'
import { unknownVenue } from './venues.ts'

export type Dimension = 'event' | 'venue' | 'zone' | 'row' | 'column'

export function salesQueries(sql: Sql) {
  const { db } = sql

  async function count(eventId: string): Promise<number> {
    await requireEvent(sql, eventId)
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
    const event = await requireEvent(sql, eventId)
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
    if (eventId !== undefined) await requireEvent(sql, eventId)
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

  return { count, revenue, sales }
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
