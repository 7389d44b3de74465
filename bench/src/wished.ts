/** Was each buyer given what was wished for, and was nobody refused a seat that was free? Pure: wishes and answers in, sentences out. */
import type { SoldTicket } from '@onsale/contract/tickets'
import { type House, seatAt, seatsOf } from './house.ts'
import type { CrowdWish } from './load/wishes.ts'

export type Sold = { wish: CrowdWish; tickets: readonly SoldTicket[]; sentMs: number }
export type Refused = { wish: CrowdWish; answeredMs: number }

export function notAsWished(sold: readonly Sold[]): string[] {
  return sold.flatMap(({ wish, tickets }) => {
    const given = tickets.map(({ zoneId, row, column }) => `${zoneId} ${row}${column}`)
    if (fits(wish, tickets)) return []
    return [`not-as-wished  ${JSON.stringify(wish)} was answered with ${given.join(', ')}`]
  })
}

function fits(wish: CrowdWish, tickets: readonly SoldTicket[]): boolean {
  const [first] = tickets
  if (!first) return false
  if ('quantity' in wish) {
    const zoneId = wish.zoneId ?? first.zoneId
    return tickets.length === wish.quantity && tickets.every((ticket) => ticket.zoneId === zoneId)
  }
  return tickets.length === 1 && first.zoneId === wish.zoneId && first.row === wish.row && first.column === wish.column
}

/**
 * Where nothing is ever released, a seat that was asked for after somebody's refusal and was then sold was free when he was refused, and so
 * was one that nobody has at the end. A 409 for such a seat, or where so many of them were together in a zone, was wrong.
 */
export function refusedThoughFree(house: House, sold: readonly Sold[], refused: readonly Refused[]): string[] {
  const takenAtMs = new Map(sold.flatMap(({ tickets, sentMs }) => tickets.map((ticket) => [nameOf(ticket), sentMs] as const)))
  const zones = new Map<number, number[]>()
  for (let seat = 0; seat < seatsOf(house); seat++) {
    const address = seatAt(house, seat)
    const times = zones.get(address.zoneId) ?? []
    times.push(takenAtMs.get(nameOf(address)) ?? Number.POSITIVE_INFINITY)
    zones.set(address.zoneId, times)
  }
  const sorted = new Map([...zones].map(([zoneId, times]) => [zoneId, Float64Array.from(times).sort()]))
  const freeIn = (zoneId: number, atMs: number): number => laterThan(sorted.get(zoneId) ?? new Float64Array(), atMs)

  function wasFree({ wish, answeredMs }: Refused): boolean {
    if (!('quantity' in wish)) return (takenAtMs.get(nameOf(wish)) ?? Number.POSITIVE_INFINITY) > answeredMs
    const where = wish.zoneId === undefined ? [...sorted.keys()] : [wish.zoneId]
    return where.some((zoneId) => freeIn(zoneId, answeredMs) >= wish.quantity)
  }
  return refused
    .filter(wasFree)
    .map(({ wish }) => `refused-though-free  ${JSON.stringify(wish)} was answered with 409, and the seats were sold later or never`)
}

/** How many of these sorted times are later. */
function laterThan(times: Float64Array, atMs: number): number {
  let low = 0
  let high = times.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((times[middle] as number) > atMs) high = middle
    else low = middle + 1
  }
  return times.length - low
}

const nameOf = ({ zoneId, row, column }: { zoneId: number; row: string; column: string }): string => `${zoneId} ${row}${column}`
