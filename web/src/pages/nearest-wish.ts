import type { EventDetail, EventZone } from '@onsale/contract/events'
import type { Wish } from '@onsale/contract/wish'
import type { Problem } from '../api.ts'
import type { LiveEvent } from '../live.ts'
import type { Pick } from '../picks.ts'
import { takenSeats } from '../refusals.ts'
import { nearestRun, seatIndex, seatName, seatSet } from '../seats.ts'

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
  const wanted = wish.seats.map(({ row, column }) => seatIndex(row, Number(column), seatsPerRow)).sort((a, b) => a - b)
  const kindOf = kindsIn(zone)
  const used = new Set([...wanted, ...picks.filter((pick) => pick.zoneId === zoneId).map(({ seat }) => seat)])
  const chosen: number[] = []
  for (const group of groupsOf(wanted, seatsPerRow, kindOf)) {
    const kinds = kindsOf(group, kindOf)
    const fits = (run: readonly number[]) =>
      run.every((seat) => !gone.has(seat) && (group.includes(seat) || !used.has(seat))) && kindsOf(run, kindOf) === kinds
    const next = group.some((seat) => gone.has(seat)) ? nearestRun(seats, seatsPerRow, group, fits) : group
    if (next === null) return null
    for (const seat of next) used.add(seat)
    chosen.push(...next)
  }
  const named = chosen.sort((a, b) => a - b).map((seat) => ({ zoneId, ...seatName(seat, seatsPerRow) }))
  return { venueId: wish.venueId, eventId: wish.eventId, seats: named }
}

type Kind = 'standard' | 'accessible' | 'companion'

function kindsIn({ accessible, companion, seatsPerRow }: EventZone): (seat: number) => Kind {
  const [wheelchair, beside] = [seatSet(accessible, seatsPerRow), seatSet(companion, seatsPerRow)]
  return (seat) => (wheelchair.has(seat) ? 'accessible' : beside.has(seat) ? 'companion' : 'standard')
}

/** In any order: the companion may sit on the other side. */
const kindsOf = (seats: readonly number[], kindOf: (seat: number) => Kind): string => seats.map(kindOf).sort().join()

/** Each seat by itself, but a wheelchair place with its companions: apart they are of no use to anybody. */
function groupsOf(seats: readonly number[], seatsPerRow: number, kindOf: (seat: number) => Kind): number[][] {
  const groups: number[][] = []
  for (const seat of seats) {
    const last = groups.at(-1)
    const isBeside = last?.at(-1) === seat - 1 && seat % seatsPerRow !== 0
    if (last && isBeside && kindOf(seat) !== 'standard' && kindOf(seat - 1) !== 'standard') last.push(seat)
    else groups.push([seat])
  }
  return groups
}
