/** What the buyers of the chaos harness want: mostly the same few seats, so that nearly every wish is contended. */
import { type House, seatAt } from '../house.ts'

/** Of the samples: a small house that sells out within a round, and one that never does. */
export const HOUSES: readonly [House, House] = [
  { venueId: 'Venue4', eventId: 'Event6', zones: 5, rows: 15, seatsPerRow: 30 },
  { venueId: 'Venue5', eventId: 'Event7', zones: 30, rows: 50, seatsPerRow: 60 },
]

/** `fought` as above; in the house of those who ask without a key nobody else buys, and it does not sell out. */
export type RoundHouses = { fought: readonly [House, House]; strangers: House }

/** Rounds on engines share ledger and read side: each has events of its own. The audit looks at every seat of every round. */
export function housesOf(round: number): RoundHouses {
  const small = { venueId: 'Small', eventId: `Small${round}`, zones: 5, rows: 15, seatsPerRow: 30 }
  const large = { venueId: 'Large', eventId: `Large${round}`, zones: 8, rows: 30, seatsPerRow: 40 }
  const strangers = { venueId: 'OfStrangers', eventId: `OfStrangers${round}`, zones: 4, rows: 50, seatsPerRow: 50 }
  return { fought: [small, large], strangers }
}

/** The best available, so that a repeat finds other seats. */
export function strangersWish({ venueId, eventId }: House, random: () => number): { venueId: string; eventId: string; quantity: number } {
  return { venueId, eventId, quantity: 1 + Math.floor(random() * 3) }
}

/** The front rows of the first zone are what everybody wants. */
const HOT_SEATS = 90

export function contendedWish(houses: RoundHouses['fought'], random: () => number): object {
  const house = houses[random() < 0.6 ? 0 : 1]
  const { venueId, eventId } = house
  const kind = random()
  const zoneId = 1 + Math.floor(random() * house.zones)
  if (kind < 0.4) return { venueId, eventId, ...seatAt(house, Math.floor(random() * (random() < 0.5 ? HOT_SEATS : house.zones * 400))) }
  if (kind < 0.55) return { venueId, eventId, seats: neighbours(house, zoneId, random) }
  const quantity = 1 + Math.floor(random() * 4)
  return kind < 0.85 ? { venueId, eventId, zoneId, quantity } : { venueId, eventId, quantity }
}

function neighbours(house: House, zoneId: number, random: () => number): object[] {
  const { row } = seatAt(house, Math.floor(random() * 3) * house.seatsPerRow)
  const first = 1 + Math.floor(random() * (house.seatsPerRow - 3))
  return Array.from({ length: 2 + Math.floor(random() * 2) }, (_, i) => ({ zoneId, row, column: String(first + i) }))
}
