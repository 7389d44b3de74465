/** A refusal in the reader's words: one key a code in the language files, filled with what the server says beside it. */
import type { EventDetail } from '@onsale/contract/events'
import { Problem, Unreachable } from './api.ts'
import { serverNow } from './clock.ts'
import type en from './locales/en.json'
import type { Words } from './words.ts'

type Facts = Problem['facts']
export type SeatFact = { zoneId: number; row: string; column: string }
export type RefusalContext = { event?: EventDetail; maxPrice?: number | undefined /** Something was to be bought. */; isPress?: boolean }

export function refusalText(failure: unknown, words: Words, context: RefusalContext = {}): string {
  if (failure instanceof Unreachable) return words.t(context.isPress ? 'failure.unanswered' : 'failure.unreachable')
  if (!(failure instanceof Problem)) return words.t('refusal.internal-error')
  const key = `refusal.${failure.code}` as `refusal.${keyof (typeof en)['refusal'] & 'busy'}`
  // A code that is younger than this page still gets a sentence.
  return words.t([key, 'refusal.internal-error'] as unknown as typeof key, values(failure, words, context))
}

function values({ code, facts }: Problem, words: Words, context: RefusalContext): Record<string, unknown> {
  switch (code) {
    case 'seat-occupied':
      return seatsValues(takenSeats(facts), words)
    case 'zone-full':
      return typeof facts.zoneId === 'number' ? { zone: words.t('event.zonePlain', { zone: facts.zoneId }) } : { context: 'house' }
    case 'row-full':
      return { row: facts.row }
    case 'not-enough-seats':
      return { count: Number(facts.available ?? 0) }
    case 'no-seats-at-price':
      return priceValues(facts, words, context)
    case 'event-not-on-sale':
      return saleValues(facts, words, context)
    case 'event-not-at-venue':
      return { venue: facts.venue }
    case 'bad-input':
      return { fields: fieldSentences(facts) }
    default:
      return {}
  }
}

/** The seats that a refusal names as gone. */
export function takenSeats(facts: Facts): SeatFact[] {
  if (!Array.isArray(facts.seats)) return []
  return (facts.seats as Record<string, unknown>[]).map((seat) => ({
    zoneId: Number(seat.zoneId ?? facts.zoneId),
    row: String(seat.row),
    column: String(seat.column),
  }))
}

export function seatText({ row, column }: { row: string; column: string | number }, words: Words): string {
  return words.t('picks.seatHere', { row, column: String(column) })
}

function seatsValues(seats: readonly SeatFact[], words: Words): Record<string, unknown> {
  const names = seats.map((seat) => seatText(seat, words))
  return { context: names.length > 1 ? 'several' : undefined, seat: names[0] ?? '', seats: words.list(names) }
}

function priceValues(facts: Facts, words: Words, { event, maxPrice }: RefusalContext): Record<string, unknown> {
  const money = (minor: unknown) => (event && typeof minor === 'number' ? words.money(minor, event.currency) : '')
  const none = typeof facts.priceFrom !== 'number'
  return { context: none ? 'none' : undefined, max: money(facts.maxPrice ?? maxPrice), priceFrom: money(facts.priceFrom) }
}

function saleValues(facts: Facts, words: Words, { event }: RefusalContext): Record<string, unknown> {
  const when = (time: unknown) => (typeof time === 'string' ? words.date(time, event?.timeZone ?? 'UTC', 'full') : '')
  const isPast = (time: unknown) => typeof time === 'string' && Date.parse(time) <= serverNow()
  const isAhead = (time: unknown) => typeof time === 'string' && Date.parse(time) > serverNow()
  const context = isAhead(facts.saleStartsAt) ? 'before' : isPast(facts.saleEndsAt) ? 'ended' : undefined
  return { context, saleStartsAt: when(facts.saleStartsAt), saleEndsAt: when(facts.saleEndsAt) }
}

function fieldSentences(facts: Facts): string {
  const errors = Array.isArray(facts.errors) ? (facts.errors as { message?: unknown }[]) : []
  return errors.map(({ message }) => String(message)).join('; ')
}
