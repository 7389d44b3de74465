import type { EventDetail } from '@onsale/contract/events'
import type { Wish } from '@onsale/contract/wish'
import type { Problem } from '../api.ts'
import type { LiveEvent } from '../live.ts'
import type { Pick } from '../picks.ts'
import { takenSeats } from '../refusals.ts'
import { nearestFree, seatIndex, seatName, seatSet } from '../seats.ts'

export type NamedWish = Wish & { seats: NonNullable<Wish['seats']> }

/** The same wish with every seat that is gone replaced by the nearest free one; null when there are not enough. */
export function nearestWish(
  event: EventDetail,
  live: LiveEvent,
  picks: readonly Pick[],
  facts: Problem['facts'],
  wish: Wish,
): NamedWish | null {
  const zone = event.zones.find(({ zoneId }) => zoneId === wish.seats?.[0]?.zoneId)
  if (!zone || !wish.seats) return null
  const { seats } = live.zone(zone)
  const { seatsPerRow, zoneId } = zone
  const gone = new Set(takenSeats(facts).map(({ row, column }) => seatIndex(row, Number(column), seatsPerRow)))
  const wanted = wish.seats.map(({ row, column }) => seatIndex(row, Number(column), seatsPerRow))
  const special = seatSet([...zone.accessible, ...zone.companion], seatsPerRow)
  const used = new Set([...wanted, ...picks.filter((pick) => pick.zoneId === zoneId).map(({ seat }) => seat)])
  const chosen: number[] = []
  for (const seat of wanted) {
    const isKept = !gone.has(seat)
    // A wheelchair place is offered only to who had chosen one.
    const next = isKept
      ? seat
      : nearestFree(seats, seatsPerRow, seat, (other) => !used.has(other) && special.has(other) === special.has(seat))
    if (next === null) return null
    used.add(next)
    chosen.push(next)
  }
  const named = chosen.sort((a, b) => a - b).map((seat) => ({ zoneId, ...seatName(seat, seatsPerRow) }))
  return { venueId: wish.venueId, eventId: wish.eventId, seats: named }
}
