import type { EventDetail } from '@onsale/contract/events'

/** What can be done about an event right now; `elsewhere`: its seats are held and paid at a checkout that this app has not got yet. */
export type SaleState = 'before' | 'open' | 'ended' | 'sold-out' | 'elsewhere'
type Sale = Pick<EventDetail, 'sale' | 'saleStartsAt' | 'startsAt' | 'available' | 'held'> & { saleEndsAt?: string | null }

export function saleState(event: Sale, now: number): SaleState {
  if (now >= Date.parse(event.saleEndsAt ?? event.startsAt)) return 'ended'
  if (event.saleStartsAt && now < Date.parse(event.saleStartsAt)) return 'before'
  if (event.available === 0) return 'sold-out'
  return event.sale === 'instant' ? 'open' : 'elsewhere'
}

/** Days and hours far off, minutes and seconds close by: two parts are enough to wait with. */
export function countdown(ms: number): { days: number; hours: number; minutes: number; seconds: number } {
  const left = Math.max(0, Math.ceil(ms / 1000))
  return { days: Math.floor(left / 86_400), hours: Math.floor(left / 3600) % 24, minutes: Math.floor(left / 60) % 60, seconds: left % 60 }
}

export type Level = 'many' | 'some' | 'few' | 'none'

export function levelOf(available: number, places: number): Level {
  if (available === 0) return 'none'
  if (available * 2 > places) return 'many'
  return available * 10 > places ? 'some' : 'few'
}

/** The card an event is printed on, from the list to the ticket. */
const stocks = new Map([
  ['sports', 'sky'],
  ['concert', 'salmon'],
  ['theater', 'buff'],
  ['conference', 'grey'],
  ['festival', 'mint'],
])

export function stockOf(type: string): string {
  return `stock-${stocks.get(type.toLowerCase()) ?? 'lilac'}`
}

/** The random end of the id, because the front of a version 7 UUID is a time, and neighbours share it. */
export function serialOf(ticketId: string): string {
  const digits = ticketId.replaceAll('-', '').slice(-10).toUpperCase()
  return `${digits.slice(0, 4)} ${digits.slice(4, 8)} ${digits.slice(8)}`
}
