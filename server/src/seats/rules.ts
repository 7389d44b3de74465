/**
 * Pure: what a wish means, and which sets of seats would fulfil it, best first. Nothing here reads a clock, a store or a price list;
 * they are arguments. The ledger decides which of the sets it can still give.
 */

import { badInput, type FieldError, Refusal } from '@onsale/contract/refusals'
import type { Wish } from '@onsale/contract/wish'
import { FREE, type SeatStates, type ZoneKey } from '../ledger/ledger.ts'
import { rowIndex, rowName, seatName, type ZoneMap } from './map.ts'

/** `key`: as the ledger knows it. */
export type PricedZone = { key: ZoneKey; map: ZoneMap; price: number }

/** An event as the rules need it. Times in ms. */
export type SellableEvent = {
  eventId: string
  venueId: string
  sale: 'instant' | 'checkout'
  active: boolean
  saleStartsAt: number | null
  saleEndsAt: number
  currency: string
  maxPerOrder: number
  /** In the organiser's order. */
  zones: ReadonlyMap<number, PricedZone>
}

export type Named = { kind: 'named'; zone: PricedZone; seats: number[] }
export type Best = { kind: 'best'; zones: PricedZone[]; quantity: number; row: number | null; accessible: boolean; named: boolean }

/** Throws unless the event takes sales at this moment. */
export function onSale(event: SellableEvent, at: number): void {
  if (!event.active) throw notOnSale(event, 'is off: it is not on sale')
  if (event.saleStartsAt !== null && at < event.saleStartsAt) throw notOnSale(event, `begins at ${iso(event.saleStartsAt)}`)
  if (at >= event.saleEndsAt) throw notOnSale(event, `ended at ${iso(event.saleEndsAt)}`)
}

function notOnSale({ eventId, saleStartsAt, saleEndsAt }: SellableEvent, what: string): Refusal {
  const facts = { saleStartsAt: saleStartsAt === null ? null : iso(saleStartsAt), saleEndsAt: iso(saleEndsAt) }
  return new Refusal('event-not-on-sale', `The sale of ${eventId} ${what}.`, facts)
}

const iso = (ms: number): string => new Date(ms).toISOString()

const KINDS = ['column', 'seats', 'quantity'] as const

/** What the buyer asks for, within the bounds of the event. Throws a refusal that names every field that does not fit. */
export function understand(wish: Wish, event: SellableEvent): Named | Best {
  const { column, seats, quantity } = wish
  const kinds = Number(column !== undefined) + Number(seats !== undefined) + Number(quantity !== undefined)
  if (kinds === 0) throw badInput(missing(wish))
  if (kinds > 1)
    throw badInput(
      KINDS.filter((kind) => wish[kind] !== undefined).map((field) => ({
        field,
        message: 'one wish at a time: a seat (row, column), a list (seats) or the best available (quantity)',
      })),
    )
  if (quantity !== undefined) return best(wish, event)
  refuseStray(wish, seats ? 'seats' : 'column')
  return seats ? listed(wish, event) : single(wish, event)
}

function missing(wish: Wish): FieldError[] {
  const wants = wish.row === undefined ? ['row', 'column'] : ['column']
  if (wish.zoneId === undefined) wants.unshift('zoneId')
  return wants.map((field) => ({ field, message: 'is required for one seat; or send seats, or quantity' }))
}

const STRAY = { column: ['maxPrice', 'accessible'], seats: ['zoneId', 'row', 'maxPrice', 'accessible'] } as const

/** Fields of another kind of wish are not quietly ignored: who sends maxPrice means it. */
function refuseStray(wish: Wish, kind: 'column' | 'seats'): void {
  const stray = (STRAY[kind] as readonly (typeof STRAY.seats)[number][]).filter((field) => wish[field] !== undefined)
  const message = kind === 'seats' ? 'goes with each seat of the list, not beside it' : 'goes with quantity, not with a named seat'
  if (stray.length > 0) throw badInput(stray.map((field) => ({ field, message })))
}

function single(wish: Wish, event: SellableEvent): Named {
  const { zoneId, row, column } = wish
  if (zoneId === undefined || row === undefined) {
    const absent = (['zoneId', 'row'] as const).filter((field) => wish[field] === undefined)
    throw badInput(absent.map((field) => ({ field, message: 'is required for one seat' })))
  }
  const zone = zoneOf(event, zoneId)
  const errors: FieldError[] = []
  const seat = address(zone.map, row, column as string | number, '', errors)
  if (errors.length > 0) throw badInput(errors)
  return { kind: 'named', zone, seats: [seat] }
}

function listed(wish: Wish, event: SellableEvent): Named {
  const seats = wish.seats as NonNullable<Wish['seats']>
  const zone = zoneOf(event, seats[0]?.zoneId as number)
  const errors: FieldError[] = []
  if (seats.length > event.maxPerOrder) errors.push({ field: 'seats', message: `${event.maxPerOrder} seats are the most for this event` })
  const indices = seats.map((seat, i) => {
    if (seat.zoneId === zone.map.zoneId) return address(zone.map, seat.row, seat.column, `seats[${i}].`, errors)
    errors.push({ field: `seats[${i}].zoneId`, message: 'all seats of one purchase lie in one zone' })
    return -1
  })
  indices.forEach((seat, i) => {
    if (seat >= 0 && indices.indexOf(seat) < i) errors.push({ field: `seats[${i}]`, message: 'is named twice' })
  })
  if (errors.length > 0) throw badInput(errors)
  return { kind: 'named', zone, seats: indices }
}

function best(wish: Wish, event: SellableEvent): Best {
  const quantity = wish.quantity as number
  const errors: FieldError[] = []
  if (quantity > event.maxPerOrder) errors.push({ field: 'quantity', message: `${event.maxPerOrder} seats are the most for this event` })
  const looked = wish.zoneId === undefined ? [...event.zones.values()] : [zoneOf(event, wish.zoneId)]
  const row = wish.row === undefined ? null : rowIndex(wish.row)
  if (row !== null && wish.zoneId === undefined) errors.push({ field: 'row', message: 'needs a zoneId' })
  else if (row !== null && row >= (looked[0] as PricedZone).map.rows)
    errors.push({ field: 'row', message: `is beyond row ${rowName((looked[0] as PricedZone).map.rows - 1)}` })
  if (errors.length > 0) throw badInput(errors)
  const zones = wish.maxPrice === undefined ? looked : looked.filter((zone) => zone.price <= (wish.maxPrice as number))
  return { kind: 'best', zones, quantity, row, accessible: wish.accessible === true, named: wish.zoneId !== undefined }
}

function zoneOf(event: SellableEvent, zoneId: number): PricedZone {
  const zone = event.zones.get(zoneId)
  if (!zone) throw new Refusal('unknown-zone', `${event.venueId} has no zone ${zoneId}.`, { zoneId })
  return zone
}

/** The index of a seat, or -1 and what is wrong with it. */
function address(zone: ZoneMap, row: string, column: string | number, path: string, errors: FieldError[]): number {
  const r = rowIndex(row)
  const c = Number(column)
  const before = errors.length
  if (r < 0 || r >= zone.rows) errors.push({ field: `${path}row`, message: `zone ${zone.zoneId} has rows A to ${rowName(zone.rows - 1)}` })
  if (c < 1 || c > zone.seatsPerRow)
    errors.push({ field: `${path}column`, message: `a row of zone ${zone.zoneId} has seats 1 to ${zone.seatsPerRow}` })
  if (errors.length > before) return -1
  const seat = r * zone.seatsPerRow + c - 1
  if (zone.gaps.has(seat)) errors.push({ field: `${path}column`, message: `there is no seat ${rowName(r)}${c} in zone ${zone.zoneId}` })
  return seat
}

// ---------------------------------------------------------------- refusals

/** Why named seats are refused: the seat first, and whether it is worth looking in the row and the zone. */
export function refuseNamed({ zone, seats }: Named, states: SeatStates): Refusal {
  const { map } = zone
  const taken = seats.filter((seat) => states[seat] !== FREE)
  const rows = new Set(taken.map((seat) => Math.floor(seat / map.seatsPerRow)))
  const zoneFull = !states.includes(FREE)
  const rowFull = [...rows].every((row) => countFree(map, states, row) === 0)
  const names = taken.map((seat) => ({ zoneId: map.zoneId, ...seatName(map, seat) }))
  const sentence = names.map(({ row, column }) => `row ${row}, seat ${column}`).join('; ')
  return new Refusal('seat-occupied', `Taken in zone ${map.zoneId}: ${sentence}.`, { seats: names, zoneFull, rowFull })
}

/** Why nothing of a wish for the best available can be had, from the true states of the zones it looks at. */
export function refuseBest(wish: Best, states: readonly SeatStates[], everyPrice: readonly { price: number; free: number }[]): Refusal {
  if (wish.zones.length === 0) {
    const prices = everyPrice.filter(({ free }) => free > 0).map(({ price }) => price)
    return new Refusal(
      'no-seats-at-price',
      'Nothing is free up to this price.',
      prices.length > 0 ? { priceFrom: Math.min(...prices) } : {},
    )
  }
  const free = wish.zones.map((zone, i) => countFree(zone.map, states[i] as SeatStates, wish.row))
  const available = wish.accessible ? accessibleFree(wish, states) : wish.named ? (free[0] as number) : Math.max(...free)
  if (free.some((n) => n > 0))
    return new Refusal('not-enough-seats', `${available} of ${wish.quantity} seats are free where you look.`, { available })
  if (wish.row !== null)
    return new Refusal('row-full', `Row ${rowName(wish.row)} of zone ${wish.zones[0]?.map.zoneId} is full.`, {
      row: rowName(wish.row),
      zoneId: wish.zones[0]?.map.zoneId,
    })
  const zoneId = wish.named ? wish.zones[0]?.map.zoneId : undefined
  return new Refusal(
    'zone-full',
    zoneId === undefined ? 'Every zone is full.' : `Zone ${zoneId} is full.`,
    zoneId === undefined ? {} : { zoneId },
  )
}

export function countFree(zone: ZoneMap, states: SeatStates, row: number | null): number {
  const [from, to] = row === null ? [0, states.length] : [row * zone.seatsPerRow, (row + 1) * zone.seatsPerRow]
  let free = 0
  for (let seat = from; seat < to; seat++) if (states[seat] === FREE) free++
  return free
}

function accessibleFree({ zones, row }: Best, states: readonly SeatStates[]): number {
  const isIn = (map: ZoneMap, seat: number) => row === null || Math.floor(seat / map.seatsPerRow) === row
  return zones.reduce(
    (sum, { map }, i) => sum + [...map.accessible].filter((seat) => isIn(map, seat) && states[i]?.[seat] === FREE).length,
    0,
  )
}
