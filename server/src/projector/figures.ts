/**
 * Counters: free, held, sold and revenue of each zone, sold and revenue of each row and column of an event. An entry says what its
 * seats were and what they are, so that what it adds does not depend on what came before it.
 */

import type { Entry } from '@onsale/contract/entry'
import type { Transaction } from 'kysely'
import type { Schema } from '../sql/schema.ts'
import type { Sql } from '../sql/sql.ts'
import { ticketIn } from './tickets.ts'

type ZoneSum = {
  event_id: string
  zone_id: number
  ordinal: number
  price: number
  available: number
  held: number
  sold: number
  revenue: number
  version: number
}
type SalesSum = { event_id: string; dimension: 'row' | 'column'; value: string; sold: number; revenue: number }
/** By zone, row and column: a key made of several names for each of them cost 0.5 us an entry. */
type EventSums = { zones: Map<number, ZoneSum>; row: Map<string, SalesSum>; column: Map<string, SalesSum> }

export async function addFigures(
  sql: Sql,
  trx: Transaction<Schema>,
  entries: readonly Entry[],
  strangers: ReadonlySet<string>,
): Promise<void> {
  const events = new Map<string, EventSums>()
  for (const entry of entries) {
    const sums = sumsOf(events, entry.eventId)
    const zone = zoneSum(sums.zones, entry)
    entry.seats.forEach((seat, i) => {
      const was = entry.was[i] as string
      const isStranger = strangers.size > 0 && 'ticketId' in seat && strangers.has(ticketIn(entry, seat.ticketId as string))
      const sold = isStranger ? 0 : Number(entry.kind === 'SeatsSold') - Number(was === 's')
      const held = Number(entry.kind === 'SeatsHeld') - Number(was === 'h')
      const revenue = sold * (('price' in entry && entry.price) || 0)
      zone.sold += sold
      zone.held += held
      zone.available -= sold + held
      zone.revenue += revenue
      if (sold === 0) return
      addSales(sums.row, entry.eventId, 'row', seat.row, sold, revenue)
      addSales(sums.column, entry.eventId, 'column', seat.column, sold, revenue)
    })
  }
  const all = [...events.values()]
  const sales = all.flatMap(({ row, column }) => [...row.values(), ...column.values()])
  await sql.add(
    trx,
    'event_zones',
    ['event_id', 'zone_id'],
    all.flatMap(({ zones }) => [...zones.values()]),
  )
  if (sales.length > 0) await sql.add(trx, 'sales', ['event_id', 'dimension', 'value'], sales)
}

/** As before the first sale: every seat free, nothing taken in. The rows of `sales` are the caller's to delete. */
export async function clearFigures(trx: Transaction<Schema>): Promise<void> {
  await trx
    .updateTable('event_zones')
    .set((eb) => ({
      available: eb('available', '+', eb('held', '+', eb.ref('sold'))),
      held: 0,
      sold: 0,
      revenue: 0,
      version: eb('version', '+', 1),
    }))
    .execute()
}

function sumsOf(events: Map<string, EventSums>, eventId: string): EventSums {
  const sums = events.get(eventId) ?? { zones: new Map(), row: new Map(), column: new Map() }
  events.set(eventId, sums)
  return sums
}

function zoneSum(zones: Map<number, ZoneSum>, { eventId, zoneId }: Entry): ZoneSum {
  const known = zones.get(zoneId)
  if (known) return known
  const sum = { event_id: eventId, zone_id: zoneId, ordinal: 0, price: 0, available: 0, held: 0, sold: 0, revenue: 0, version: 1 }
  zones.set(zoneId, sum)
  return sum
}

function addSales(
  sales: Map<string, SalesSum>,
  eventId: string,
  dimension: SalesSum['dimension'],
  value: string,
  sold: number,
  revenue: number,
): void {
  const sum = sales.get(value)
  if (!sum) sales.set(value, { event_id: eventId, dimension, value, sold, revenue })
  else {
    sum.sold += sold
    sum.revenue += revenue
  }
}
