/** What must be true after a round: of the data on the disk, and of what every buyer was told. */
import type { SoldTicket } from '@onsale/contract/tickets'
import { auditBooks, type BookUrls, ticketsOf } from '../books.ts'
import type { Diary, Refused } from './buyer.ts'

/** What clean rounds on the same data have left: it must stay as it was. */
export type Past = { told: string[]; missed: Set<string>; tickets: number }
export const newPast = (): Past => ({ told: [], missed: new Set(), tickets: 0 })

/** `seats`: sold in this round. A clean round becomes part of the past. */
export async function judge(books: BookUrls, diary: Diary, past = newPast()): Promise<{ differences: string[]; seats: number }> {
  const told = [...diary.bought.map(({ body }) => body), ...diary.strangers.sold]
  const found = await auditBooks(books, [...past.told, ...told])
  const fresh = found.differences.filter((difference) => !past.missed.has(difference))
  const missed = missedIn(fresh, diary)
  const owned = new Set(diary.bought.flatMap(({ body }) => ticketsOf(body)).map(seatOf))
  const wrongly = diary.refused.flatMap((refused) => takenByNobody(refused, owned))
  const differences = [...diary.differences, ...fresh.filter((difference) => !missed.includes(difference)), ...wrongly]
  const seats = found.tickets - past.tickets
  if (differences.length === 0) {
    past.told.push(...told)
    for (const difference of missed) past.missed.add(difference)
    past.tickets = found.tickets
  }
  return { differences, seats }
}

/** Who asked without a key and heard nothing may have bought all the same; more than they wanted is sold twice. */
function missedIn(differences: readonly string[], { strangers }: Diary): string[] {
  const missed = differences.filter((difference) => difference.startsWith(`nobodys  ${strangers.eventId}/`))
  return missed.length > strangers.unanswered ? [] : missed
}

type Seat = Pick<SoldTicket, 'eventId' | 'zoneId' | 'row' | 'column'>
const seatOf = ({ eventId, zoneId, row, column }: Seat): string => `${eventId}/${zoneId} ${row}${column}`

/** Nothing is released in a round: a seat that was said to be taken has an owner at its end. */
function takenByNobody({ wish, body }: Refused, owned: ReadonlySet<string>): string[] {
  const problem = JSON.parse(body) as { code: string; seats?: Omit<Seat, 'eventId'>[] }
  if (problem.code !== 'seat-occupied') return []
  const { eventId } = wish as { eventId: string }
  return (problem.seats ?? [])
    .map((seat) => seatOf({ ...seat, eventId }))
    .filter((seat) => !owned.has(seat))
    .map((seat) => `taken-by-nobody  ${seat}  was refused as taken, and nobody owns it`)
}

/** How often each kind, and the first of it. */
export function byKind(differences: readonly string[]): string[] {
  const kinds = Map.groupBy(differences, (difference) => difference.split(' ', 1)[0])
  return [...kinds.values()].map((same) => `${same.length} x ${same[0]?.slice(0, 400)}`)
}
