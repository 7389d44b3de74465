/**
 * The organiser's import form -> catalogue tables and open zones. A file that is wrong is reported with its path in the file and the
 * reason, and the others still open. What is living is never touched: an event that exists stays as it is.
 */
import { readdir, readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { EventFile, VenueFile } from '@onsale/contract/import-files'
import { Ajv, type ValidateFunction } from 'ajv'
import addFormats from 'ajv-formats'
import type { Kysely } from 'kysely'
import { type Ledger, zoneKey } from '../ledger/ledger.ts'
import { zoneMap } from '../seats/map.ts'
import type { Schema } from '../sql/schema.ts'
import type { Sql } from '../sql/sql.ts'
import { momentAt } from './moment.ts'

/** Where and what is wrong: `at` is a JSON path in the file, empty for the file as a whole. */
export type ImportProblem = { file: string; at: string; reason: string }
export type Imported = { venues: string[]; events: string[]; problems: ImportProblem[] }

const ajv = new Ajv({ allErrors: true })
addFormats.default(ajv)
const isVenue = ajv.compile<VenueFile>(VenueFile)
const isEvent = ajv.compile<EventFile>(EventFile)

type Read<Content> = { file: string; content: Content }
type House = { venues: Read<VenueFile>[]; events: Read<EventFile>[]; problems: ImportProblem[] }

/** Reads `<folder>/venues/*.json`, then `<folder>/events/*.json`. */
export async function importFolder(sql: Sql, folder: string, now: number): Promise<Imported> {
  return importHouse(sql, await readHouse(folder), now)
}

/**
 * What a start finds in the folder that the database was filled from: files that were refused then and are mended now, and new ones. Nothing
 * where the database was filled from elsewhere, which shows in that it has things, and none of the folder's.
 */
export async function importLater(sql: Sql, folder: string, now: number): Promise<Imported> {
  const house = await readHouse(folder)
  const [venues, events] = await knownIds(sql)
  const isKnown =
    house.venues.some(({ content }) => venues.has(content.venueId)) || house.events.some(({ content }) => events.has(content.eventId))
  if (!isKnown && venues.size > 0) return { venues: [], events: [], problems: [] }
  const isNew = {
    ...house,
    venues: house.venues.filter(({ content }) => !venues.has(content.venueId)),
    events: house.events.filter(({ content }) => !events.has(content.eventId)),
  }
  return importHouse(sql, isNew, now)
}

async function knownIds({ db }: Sql): Promise<[venues: Set<string>, events: Set<string>]> {
  const venues = await db.selectFrom('venues').select('venue_id').execute()
  const events = await db.selectFrom('events').select('event_id').execute()
  return [new Set(venues.map(({ venue_id }) => venue_id)), new Set(events.map(({ event_id }) => event_id))]
}

async function importHouse(sql: Sql, { venues, events, problems }: House, now: number): Promise<Imported> {
  const imported: Imported = { venues: [], events: [], problems: [...problems] }
  const each = async (file: string, ids: string[], work: () => Promise<string | null>): Promise<void> => {
    try {
      const id = await work()
      if (id !== null) ids.push(id)
    } catch (error) {
      imported.problems.push(problemIn(file, error))
    }
  }
  for (const { file, content } of venues) await each(file, imported.venues, () => importVenue(sql, content))
  for (const { file, content } of events) await each(file, imported.events, () => importEvent(sql, content, now))
  return imported
}

async function readHouse(folder: string): Promise<House> {
  const problems: ImportProblem[] = []
  const venues = await readKind(join(folder, 'venues'), isVenue, problems)
  const events = await readKind(join(folder, 'events'), isEvent, problems)
  return {
    venues: withoutTwins(venues, 'venueId', problems),
    events: withoutTwins(events, 'eventId', problems),
    problems,
  }
}

async function readKind<T>(folder: string, fits: ValidateFunction<T>, problems: ImportProblem[]): Promise<Read<T>[]> {
  const found: Read<T>[] = []
  for (const file of await jsonFiles(folder)) {
    try {
      const content: unknown = JSON.parse(await readFile(file, 'utf8'))
      if (fits(content)) found.push({ file, content })
      else
        problems.push(
          ...(fits.errors ?? []).map(({ instancePath, message }) => ({ file, at: instancePath, reason: message ?? 'does not fit' })),
        )
    } catch (error) {
      problems.push(problemIn(file, error))
    }
  }
  return found
}

/** Which of two files with one id is meant is not ours to guess. */
function withoutTwins<Name extends string, T extends Record<Name, string>>(
  files: readonly Read<T>[],
  name: Name,
  problems: ImportProblem[],
): Read<T>[] {
  return [...Map.groupBy(files, ({ content }) => content[name]).values()].flatMap((same) => {
    if (same.length === 1) return same
    for (const { file, content } of same) {
      const others = same.filter((other) => other.file !== file).map((other) => basename(other.file))
      problems.push({ file, at: `/${name}`, reason: `${content[name]} stands in ${others.join(', ')} too; keep one of them` })
    }
    return []
  })
}

const problemIn = (file: string, error: unknown): ImportProblem => ({
  file,
  at: '',
  reason: error instanceof Error ? error.message : String(error),
})

/** Whoever keeps the catalogue in memory reads it again. */
async function tellNews(db: Kysely<Schema>): Promise<void> {
  await db
    .updateTable('catalogue')
    .set((eb) => ({ version: eb('version', '+', 1) }))
    .execute()
}

async function jsonFiles(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => [])
  return names
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name) => join(folder, name))
}

/** A refusal carries the state of its zone: a thousand of them must fit into memory. */
const MOST_SEATS = 200_000

export async function importVenue(sql: Sql, venue: VenueFile): Promise<string | null> {
  const zones = venue.zones.map((zone, ordinal) => ({
    venue_id: venue.venueId,
    zone_id: zone.zoneId,
    ordinal,
    section: zone.section ?? null,
    name: zone.name ?? null,
    rows_: zone.rows,
    seats_per_row: zone.seatsPerRow,
    capacity: zoneMap(zone).capacity,
    gaps: JSON.stringify(zone.gaps ?? []),
    accessible: JSON.stringify(zone.accessible ?? []),
    companion: JSON.stringify(zone.companion ?? []),
    plan: zone.plan ? JSON.stringify(zone.plan) : null,
  }))
  const large = venue.zones.find(({ rows, seatsPerRow }) => rows * seatsPerRow > MOST_SEATS)
  if (large) throw new Error(`zones: zone ${large.zoneId} has more than ${MOST_SEATS} seats; split it`)
  refuseRepeats(zones.map(({ zone_id }) => zone_id))
  new Intl.DateTimeFormat('en', { timeZone: venue.timeZone }) // throws a sentence on a zone that does not exist
  return sql.db.transaction().execute(async (trx) => {
    const plan = venue.plan ? JSON.stringify(venue.plan) : null
    const [isNew] = await sql.insertOnce(trx, 'venues', [
      { venue_id: venue.venueId, name: venue.name, city: venue.city, time_zone: venue.timeZone, plan },
    ])
    if (isNew) {
      await sql.insertOnce(trx, 'zones', zones)
      await tellNews(trx)
    }
    return isNew ? venue.venueId : null
  })
}

export async function importEvent(sql: Sql, event: EventFile, now: number): Promise<string | null> {
  const venue = await sql.db.selectFrom('venues').selectAll().where('venue_id', '=', event.venueId).executeTakeFirst()
  if (!venue) throw new Error(`venueId: there is no venue ${event.venueId}`)
  const zones = await sql.db.selectFrom('zones').select(['zone_id', 'capacity', 'ordinal']).where('venue_id', '=', event.venueId).execute()
  refuseRepeats(event.zones.map(({ zoneId }) => zoneId))
  const priced = event.zones.map(({ zoneId, price }) => {
    const zone = zones.find(({ zone_id }) => zone_id === zoneId)
    if (!zone) throw new Error(`zones: ${event.venueId} has no zone ${zoneId}`)
    return {
      event_id: event.eventId,
      zone_id: zoneId,
      ordinal: zone.ordinal,
      price,
      available: zone.capacity,
      held: 0,
      sold: 0,
      revenue: 0,
      version: 0,
    }
  })
  const at = (moment: EventFile['startsAt'] | undefined) => (moment === undefined ? null : momentAt(moment, venue.time_zone, now))
  const startsAt = at(event.startsAt) as string
  return sql.db.transaction().execute(async (trx) => {
    const [isNew] = await sql.insertOnce(trx, 'events', [
      {
        event_id: event.eventId,
        venue_id: event.venueId,
        name: event.name,
        type: event.type,
        description: event.description ?? null,
        starts_at: startsAt,
        doors_open_at: at(event.doorsOpenAt),
        sale_starts_at: at(event.saleStartsAt),
        sale_ends_at: at(event.saleEndsAt) ?? startsAt,
        sale: event.sale,
        currency: event.currency,
        hold_seconds: event.holdSeconds ?? 900,
        max_per_order: event.maxPerOrder ?? 10,
        active: event.active === false ? 0 : 1,
        opened: 0,
        seq: 0,
      },
    ])
    if (isNew) await sql.insertOnce(trx, 'event_zones', priced)
    return isNew ? event.eventId : null
  })
}

function refuseRepeats(zoneIds: readonly number[]): void {
  const repeated = zoneIds.find((id, i) => zoneIds.indexOf(id) < i)
  if (repeated !== undefined) throw new Error(`zones: zone ${repeated} stands there twice`)
}

/** Opens the zones of events that are new. An event that was opened once is never opened again: an empty ledger must not look like an empty house. */
export async function openNewEvents(sql: Sql, ledger: Ledger): Promise<void> {
  const events = await sql.db.selectFrom('events').select(['event_id', 'venue_id']).where('opened', '=', 0).execute()
  for (const { event_id, venue_id } of events) {
    const zones = await sql.db
      .selectFrom('event_zones')
      .innerJoin('zones', (join) => join.onRef('zones.zone_id', '=', 'event_zones.zone_id').on('zones.venue_id', '=', venue_id))
      .select(['zones.zone_id', 'rows_', 'seats_per_row', 'gaps'])
      .where('event_id', '=', event_id)
      .execute()
    await ledger.open(
      zones.map(({ zone_id, rows_, seats_per_row, gaps }) => ({
        zone: zoneKey(event_id, zone_id),
        seats: rows_ * seats_per_row,
        gaps: [...zoneMap({ zoneId: zone_id, rows: rows_, seatsPerRow: seats_per_row, gaps: JSON.parse(gaps) }).gaps],
      })),
    )
    // In one step with the news: whoever read the catalogue in between would not look again.
    await sql.write(async (trx) => {
      await trx.updateTable('events').set({ opened: 1 }).where('event_id', '=', event_id).execute()
      await tellNews(trx)
    })
  }
}
