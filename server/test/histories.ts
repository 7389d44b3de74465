/** Random histories of one event for tests: entries as a ledger would have written them, sealed as the relay would send them. */
import { type Entry, type Fact, type SeatsReleased, seal } from '@onsale/contract/entry'
import * as fc from 'fast-check'
import { newId } from './seat-path.ts'

/** Two zones of two rows of three seats, each a shard of its own. */
export const ZONES = [1, 2]
const SEATS = ['A1', 'A2', 'A3', 'B1', 'B2', 'B3']
const PRICE: Record<number, number> = { 1: 5000, 2: 3000 }

const act = fc.record({
  kind: fc.constantFrom('sell', 'sell', 'sell', 'hold', 'let go', 'refund', 'cancel'),
  zoneId: fc.constantFrom(...ZONES),
  seats: fc.uniqueArray(fc.constantFrom(...SEATS), { minLength: 1, maxLength: 3 }),
})
type Act = typeof act extends fc.Arbitrary<infer A> ? A : never

export const history = fc.array(act, { minLength: 1, maxLength: 30 })

type Seat = { letter: '.' | 'h' | 's'; ticketId?: string }

/** What can be done of the acts, as messages. Seats of an act that are not in the right state are left out of it. */
export function messagesOf(eventId: string, acts: readonly Act[]): string[] {
  const seats = new Map<string, Seat>()
  const heads = new Map<string, number>()
  const messages: string[] = []
  for (const { kind, zoneId, seats: named } of acts) {
    const at = (name: string): Seat => seats.get(`${zoneId} ${name}`) ?? { letter: '.' }
    const wanted = { sell: '.h', hold: '.h', 'let go': 'h', refund: 's', cancel: 's' }[kind]
    const names = named.filter((name) => wanted.includes(at(name).letter))
    if (names.length === 0) continue
    const fact = factOf(
      kind,
      eventId,
      zoneId,
      names.map((name) => ({ row: name.charAt(0), column: name.slice(1), ticketId: at(name).ticketId ?? newId() })),
    )
    const shard = `${eventId}-${zoneId}`
    const position = (heads.get(shard) ?? 0) + 1
    heads.set(shard, position)
    messages.push(seal(shard, position, names.map((name) => at(name).letter).join(''), JSON.stringify(fact)))
    const letter = fact.kind === 'SeatsSold' ? 's' : fact.kind === 'SeatsHeld' ? 'h' : '.'
    for (const [i, name] of names.entries())
      seats.set(`${zoneId} ${name}`, fact.kind === 'SeatsSold' ? { letter, ticketId: fact.seats[i]?.ticketId as string } : { letter })
  }
  return messages
}

function factOf(kind: Act['kind'], eventId: string, zoneId: number, seats: { row: string; column: string; ticketId: string }[]): Fact {
  const head = { v: 1, createdOn: '2027-01-15T12:00:00.000Z', venueId: 'Hall', eventId, zoneId } as const
  const unnamed = seats.map(({ row, column }) => ({ row, column }))
  const money = { price: PRICE[zoneId] as number, currency: 'CAD' }
  switch (kind) {
    case 'sell':
      return { ...head, kind: 'SeatsSold', status: 'PAID', ...money, seats }
    case 'hold':
      return { ...head, kind: 'SeatsHeld', holdId: newId(), expiresAt: '2027-01-15T12:15:00.000Z', seats: unnamed }
    case 'let go':
      return { ...head, kind: 'SeatsReleased', seats: unnamed }
    default:
      return { ...head, kind: 'SeatsReleased', ended: ENDED[kind], ...money, seats }
  }
}

const ENDED: Record<'refund' | 'cancel', NonNullable<SeatsReleased['ended']>> = { refund: 'REFUNDED', cancel: 'CANCELLED' }

/** The messages in any order, some of them more than once, in batches of any size. */
export const anyDelivery = (messages: readonly string[]): fc.Arbitrary<string[][]> =>
  fc
    .record({
      repeated: fc.subarray([...messages]),
      cuts: fc.array(fc.integer({ min: 1, max: 7 }), { minLength: messages.length * 2 + 1, maxLength: messages.length * 2 + 1 }),
    })
    .chain(({ repeated, cuts }) =>
      fc.shuffledSubarray([...messages, ...repeated], { minLength: messages.length + repeated.length }).map((all) => inBatches(all, cuts)),
    )

function inBatches(messages: readonly string[], sizes: readonly number[]): string[][] {
  const batches: string[][] = []
  for (let from = 0, i = 0; from < messages.length; from += sizes[i++] as number)
    batches.push(messages.slice(from, from + (sizes[i] as number)))
  return batches
}

export const entryOf = (message: string): Entry => JSON.parse(message) as Entry
