/** What the buyers of the chaos harness want, from the samples: mostly the same few seats, so that nearly every wish is contended. */
import { type House, seatAt } from '../house.ts'

/** A small house that sells out within a round, and one that never does. */
export const HOUSES = [
  { venueId: 'Venue4', eventId: 'Event6', zones: 5, rows: 15, seatsPerRow: 30 },
  { venueId: 'Venue5', eventId: 'Event7', zones: 30, rows: 50, seatsPerRow: 60 },
] as const satisfies readonly House[]

/** For those who ask without a key: nobody else buys here, and it does not sell out. */
export const STRANGERS: House = { venueId: 'VenueOfStrangers', eventId: 'EventOfStrangers', zones: 8, rows: 50, seatsPerRow: 50 }

/** The best available, so that a repeat finds other seats. */
export function strangersWish(random: () => number): { venueId: string; eventId: string; quantity: number } {
  return { venueId: STRANGERS.venueId, eventId: STRANGERS.eventId, quantity: 1 + Math.floor(random() * 3) }
}

/** The front rows of the first zone are what everybody wants. */
const HOT_SEATS = 90

export function contendedWish(random: () => number): object {
  const house = HOUSES[random() < 0.6 ? 0 : 1]
  const { venueId, eventId } = house
  const kind = random()
  const zoneId = 1 + Math.floor(random() * house.zones)
  if (kind < 0.4) return { venueId, eventId, ...seatAt(house, Math.floor(random() * (random() < 0.5 ? HOT_SEATS : house.zones * 400))) }
  if (kind < 0.55) return { venueId, eventId, seats: neighbours(house, zoneId, random) }
  const quantity = 1 + Math.floor(random() * 4)
  return kind < 0.85 ? { venueId, eventId, zoneId, quantity } : { venueId, eventId, quantity }
}

function neighbours({ seatsPerRow, rows }: House, zoneId: number, random: () => number): object[] {
  const { row } = seatAt({ ...HOUSES[0], rows, seatsPerRow }, Math.floor(random() * 3) * seatsPerRow)
  const first = 1 + Math.floor(random() * (seatsPerRow - 3))
  return Array.from({ length: 2 + Math.floor(random() * 2) }, (_, i) => ({ zoneId, row, column: String(first + i) }))
}
