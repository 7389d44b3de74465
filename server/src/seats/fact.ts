/**
 * A sale as the log's fact, and as the buyer's tickets. Both are written as text by hand: JSON.stringify and toISOString cost
 * 2 us a purchase more, a thirtieth of the whole. `fact.test.ts` holds the texts against JSON.stringify.
 */

import type { SeatsSold } from '@onsale/contract/entry'
import type { SoldTicket } from '@onsale/contract/tickets'
import { seatName } from './map.ts'
import type { PricedZone, SellableEvent } from './rules.ts'

export type Sold = Omit<SeatsSold, 'shard' | 'position' | 'was'>

export function soldFact(
  event: SellableEvent,
  zone: PricedZone,
  seats: readonly number[],
  ticketIds: readonly string[],
  { at, trace }: { at: number; trace?: string | undefined },
): Sold {
  const fact: Sold = {
    v: 1,
    kind: 'SeatsSold',
    createdOn: isoOf(at),
    venueId: event.venueId,
    eventId: event.eventId,
    zoneId: zone.map.zoneId,
    status: 'PAID',
    price: zone.price,
    currency: event.currency,
    seats: seats.map((seat, i) => ({ ticketId: ticketIds[i] as string, ...seatName(zone.map, seat) })),
  }
  if (trace !== undefined) fact.trace = trace
  return fact
}

export function ticketsOf({ venueId, eventId, zoneId, status, price, currency, createdOn, seats }: Sold): SoldTicket[] {
  return seats.map(({ ticketId, row, column }) => ({
    ticketId,
    venueId,
    eventId,
    zoneId,
    row,
    column,
    status,
    price,
    currency,
    createdOn,
    purchaseTime: createdOn,
  }))
}

/** Only ids that an organiser chose may hold what JSON escapes. */
export function factText({ createdOn, venueId, eventId, zoneId, status, price, currency, seats, trace }: Sold): string {
  let names = ''
  for (const { ticketId, row, column } of seats) names += `${names && ','}{"ticketId":"${ticketId}","row":"${row}","column":"${column}"}`
  return `{"v":1,"kind":"SeatsSold","createdOn":"${createdOn}","venueId":${quoted(venueId)},"eventId":${quoted(eventId)},"zoneId":${zoneId},"status":"${status}","price":${price},"currency":"${currency}","seats":[${names}]${trace === undefined ? '' : `,"trace":"${trace}"`}}`
}

export function ticketText({
  ticketId,
  venueId,
  eventId,
  zoneId,
  row,
  column,
  status,
  price,
  currency,
  createdOn,
  purchaseTime,
}: SoldTicket): string {
  return `{"ticketId":"${ticketId}","venueId":${quoted(venueId)},"eventId":${quoted(eventId)},"zoneId":${zoneId},"row":"${row}","column":"${column}","status":"${status}","price":${price},"currency":"${currency}","createdOn":"${createdOn}","purchaseTime":"${purchaseTime}"}`
}

const quotes = new Map<string, string>()

/** A house has a few thousand ids in its life; a text that is not asked for again is not worth a table without end. */
function quoted(id: string): string {
  let text = quotes.get(id)
  if (text === undefined) {
    text = JSON.stringify(id)
    if (quotes.size >= 10_000) quotes.clear()
    quotes.set(id, text)
  }
  return text
}

let lastMs = Number.NaN
let lastIso = ''

/** A rush has a dozen purchases in a millisecond. */
function isoOf(ms: number): string {
  if (ms !== lastMs) {
    lastIso = new Date(ms).toISOString()
    lastMs = ms
  }
  return lastIso
}
