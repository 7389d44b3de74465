/** Small houses for tests, in the organiser's import form. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { EventFile, VenueFile } from '@onsale/contract/import-files'

export type House = { venues: VenueFile[]; events: EventFile[] }

/** Zone 1 is plain, zone 2 has gaps and wheelchair places, zone 3 has rows beyond Z. */
export const HALL: VenueFile = {
  venueId: 'Hall',
  name: 'Town Hall',
  city: 'Vancouver',
  timeZone: 'America/Vancouver',
  zones: [
    { zoneId: 1, section: 'Stalls', name: 'Front', rows: 4, seatsPerRow: 6 },
    { zoneId: 2, section: 'Stalls', rows: 3, seatsPerRow: 5, gaps: ['A1', 'C4-C5'], accessible: ['B1-B2'], companion: ['B3'] },
    { zoneId: 3, name: 'Gallery', rows: 30, seatsPerRow: 10 },
  ],
}
export const HALL_SEATS = 24 + 12 + 300

export const BARN: VenueFile = {
  venueId: 'Barn',
  name: 'The Barn',
  city: 'Burnaby',
  timeZone: 'America/Vancouver',
  zones: [{ zoneId: 1, rows: 2, seatsPerRow: 3 }],
}

/** An instant sale in the hall, unless `changes` say otherwise. */
export function event(eventId: string, changes: Partial<EventFile> = {}): EventFile {
  return {
    eventId,
    venueId: 'Hall',
    name: `The ${eventId}`,
    type: 'Theater',
    startsAt: { inDays: 30, at: '19:30' },
    sale: 'instant',
    currency: 'CAD',
    zones: [
      { zoneId: 1, price: 5000 },
      { zoneId: 2, price: 3000 },
      { zoneId: 3, price: 2000 },
    ],
    ...changes,
  }
}

export const atBarn = { venueId: 'Barn', zones: [{ zoneId: 1, price: 700 }] } satisfies Partial<EventFile>

/** A venue of one zone, and an event in it, named alike. */
export function oneZone(name: string, rows: number, seatsPerRow: number, changes: Partial<EventFile> = {}): House {
  const venue: VenueFile = {
    venueId: name,
    name,
    city: 'Vancouver',
    timeZone: 'America/Vancouver',
    zones: [{ zoneId: 1, rows, seatsPerRow }],
  }
  return { venues: [venue], events: [event(name, { venueId: name, zones: [{ zoneId: 1, price: 1000 }], ...changes })] }
}

export async function writeHouse(folder: string, { venues, events }: House): Promise<void> {
  await mkdir(join(folder, 'venues'), { recursive: true })
  await mkdir(join(folder, 'events'), { recursive: true })
  for (const venue of venues) await writeFile(join(folder, 'venues', `${venue.venueId}.json`), JSON.stringify(venue))
  for (const each of events) await writeFile(join(folder, 'events', `${each.eventId}.json`), JSON.stringify(each))
}
