/** Houses of a given size, in the organiser's import form: zones of rows A, B, .. with the same number of seats each. */
import type { EventFile, VenueFile } from '@onsale/contract/import-files'

type Geometry = { zones: number; rows: number; seatsPerRow: number }

/**
 * Seats are zones x rows x seats a row. Zones stay at or below 1,000 seats, as those of a real stadium: a refusal carries the state of
 * its zone, and a plan of more is not read by anyone.
 */
export const presets = {
  '500': { zones: 2, rows: 10, seatsPerRow: 25 },
  '1k': { zones: 4, rows: 10, seatsPerRow: 25 },
  '2k': { zones: 4, rows: 20, seatsPerRow: 25 },
  '3k': { zones: 6, rows: 20, seatsPerRow: 25 },
  '5k': { zones: 10, rows: 20, seatsPerRow: 25 },
  '10k': { zones: 20, rows: 20, seatsPerRow: 25 },
  '50k': { zones: 50, rows: 25, seatsPerRow: 40 },
  '100k': { zones: 100, rows: 25, seatsPerRow: 40 },
  '200k': { zones: 200, rows: 25, seatsPerRow: 40 },
  '400k': { zones: 400, rows: 25, seatsPerRow: 40 },
  '1m': { zones: 1000, rows: 25, seatsPerRow: 40 },
} as const satisfies Record<string, Geometry>

export type Preset = keyof typeof presets

export const isPreset = (name: string): name is Preset => Object.hasOwn(presets, name)

export const seatsOf = (preset: Preset): number => {
  const { zones, rows, seatsPerRow } = presets[preset]
  return zones * rows * seatsPerRow
}

/** From the front to the back: which share of the zones begins a section, and what a seat costs there, in cents. */
const SECTIONS = [
  { from: 0, section: 'Floor', price: 18_000 },
  { from: 0.2, section: 'Lower', price: 12_000 },
  { from: 0.6, section: 'Upper', price: 6_500 },
] as const

export function houseOf(preset: Preset): { venue: VenueFile; event: EventFile } {
  const { zones: count, rows, seatsPerRow } = presets[preset]
  const size = seatsOf(preset).toLocaleString('en')
  const placed = Array.from({ length: count }, (_, i) => {
    const at = SECTIONS.findLast(({ from }) => i / count >= from) ?? SECTIONS[0]
    const first = Math.ceil(at.from * count)
    return { zoneId: i + 1, section: at.section, name: `${at.section} ${i - first + 1}`, price: at.price }
  })
  const [venueId, eventId] = [`Seed-${preset}`, `Seed-${preset}-1`]
  return {
    venue: {
      venueId,
      name: `House of ${size}`,
      city: 'Vancouver',
      timeZone: 'America/Vancouver',
      zones: placed.map(({ zoneId, section, name }) => ({ zoneId, section, name, rows, seatsPerRow })),
    },
    event: {
      eventId,
      venueId,
      name: `An Evening for ${size}`,
      type: 'Concert',
      startsAt: { inDays: 90, at: '19:30' },
      doorsOpenAt: { inDays: 90, at: '18:00' },
      sale: 'instant',
      currency: 'CAD',
      zones: placed.map(({ zoneId, price }) => ({ zoneId, price })),
    },
  }
}
