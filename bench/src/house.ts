/** Houses made for measuring: every zone the same, seats numbered from 0, so that a seat, a wish and an owner can be recomputed anywhere. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { EventFile, VenueFile } from '@onsale/contract/import-files'
import { rowName } from '@onsale/server/seats/map'

export type House = { venueId: string; eventId: string; zones: number; rows: number; seatsPerRow: number }

export type SeatAddress = { zoneId: number; row: string; column: string }

export const seatsOf = ({ zones, rows, seatsPerRow }: House): number => zones * rows * seatsPerRow

/** A house of so many seats in zones of 2,500. */
export function houseOf(seats: number, name = 'Bench'): House {
  const zones = Math.max(1, Math.round(seats / 2500))
  if (zones > 5000) throw new Error(`--seats ${seats}: a house has at most 12,500,000 seats`)
  if (seats < 2500) return { venueId: `${name}Venue`, eventId: `${name}Event`, zones: 1, rows: Math.ceil(seats / 50), seatsPerRow: 50 }
  return { venueId: `${name}Venue`, eventId: `${name}Event`, zones, rows: 50, seatsPerRow: 50 }
}

/** A prime that divides no house here: consecutive buyers land in zones and rows far apart, as a crowd does. */
const STRIDE = 7_368_787

/** The seat of buyer n: every seat once for n = 0 .. seats - 1. */
export function seatOfBuyer(house: House, n: number): SeatAddress {
  return seatAt(house, (n * STRIDE) % seatsOf(house))
}

export function seatAt({ rows, seatsPerRow }: House, seat: number): SeatAddress {
  const column = (seat % seatsPerRow) + 1
  const row = Math.floor(seat / seatsPerRow) % rows
  return { zoneId: Math.floor(seat / (seatsPerRow * rows)) + 1, row: rowName(row), column: String(column) }
}

/** The organiser's import form, in a folder that the server reads at its first start. */
export async function writeHouses(folder: string, houses: readonly House[]): Promise<void> {
  await mkdir(join(folder, 'venues'), { recursive: true })
  await mkdir(join(folder, 'events'), { recursive: true })
  for (const house of houses) {
    await writeFile(join(folder, 'venues', `${house.venueId}.json`), JSON.stringify(venueFile(house)))
    await writeFile(join(folder, 'events', `${house.eventId}.json`), JSON.stringify(eventFile(house)))
  }
}

const zoneIds = ({ zones }: House): number[] => Array.from({ length: zones }, (_, i) => i + 1)

function venueFile(house: House): VenueFile {
  const zones = zoneIds(house).map((zoneId) => ({ zoneId, rows: house.rows, seatsPerRow: house.seatsPerRow }))
  return { venueId: house.venueId, name: house.venueId, city: 'Vancouver', timeZone: 'America/Vancouver', zones }
}

function eventFile(house: House): EventFile {
  return {
    eventId: house.eventId,
    venueId: house.venueId,
    name: house.eventId,
    type: 'Concert',
    startsAt: { inDays: 30, at: '20:00' },
    sale: 'instant',
    currency: 'CAD',
    maxPerOrder: 10,
    zones: zoneIds(house).map((zoneId) => ({ zoneId, price: 10_000 })),
  }
}
