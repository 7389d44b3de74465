import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { EventFile, VenueFile } from '@onsale/contract/import-files'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { BARN, event, HALL, type House, oneZone, writeHouse } from '../../test/house.ts'
import { temporaryFolder } from '../../test/platform.ts'
import { NOW, newId, openSeatPath } from '../../test/seat-path.ts'
import { openSqliteLedger } from '../ledger/sqlite.ts'
import { createQueries } from '../query/queries.ts'
import { createSeatCommands } from '../seats/commands.ts'
import { migrate } from '../sql/migrate.ts'
import type { Sql } from '../sql/sql.ts'
import { openSqlite } from '../sql/sqlite.ts'
import { openCatalogue } from './catalogue.ts'
import { compareGeometry, faultsOf } from './geometry.ts'
import { type Imported, importEvent, importFolder, importLater, importVenue, openNewEvents } from './import.ts'

const SAMPLES = resolve(fileURLToPath(import.meta.url), '../../../../samples')

describe('the samples', () => {
  let sql: Sql
  let imported: Imported
  let folder: string
  beforeAll(async () => {
    folder = await temporaryFolder()
    sql = openSqlite(join(folder, 'read.db'))
    await migrate(sql)
    imported = await importFolder(sql, SAMPLES, NOW)
  })
  afterAll(async () => {
    await sql.close()
    await rm(folder, { recursive: true, force: true })
  })

  test('all load', () => {
    expect(imported).toEqual({
      venues: ['Venue1', 'Venue2', 'Venue3', 'Venue4', 'Venue5'],
      events: ['Event1', 'Event2', 'Event3', 'Event4', 'Event5', 'Event6', 'Event7'],
      problems: [],
    })
  })

  test.for([
    ['Venue1', 100, 78_000],
    ['Venue2', 20, 17_500],
    ['Venue3', 10, 5_000],
    ['Venue4', 5, 2_250],
    ['Venue5', 30, 90_000],
  ] as [string, number, number][])(
    '%s has %i zones and %i seats, each zone with its place on the plan',
    async ([venueId, zones, seats]) => {
      const rows = await sql.db.selectFrom('zones').selectAll().where('venue_id', '=', venueId).execute()
      expect(rows).toHaveLength(zones)
      expect(rows.reduce((sum, { capacity }) => sum + capacity, 0)).toBe(seats)
      expect(rows.filter(({ plan }) => plan === null)).toEqual([])
    },
  )

  test.for([
    ['Event1', 'Venue1', 'Sports', 10_000, 78_000],
    ['Event2', 'Venue1', 'Sports', 10_000, 78_000],
    ['Event3', 'Venue2', 'Concert', 9_000, 17_500],
    ['Event4', 'Venue2', 'Concert', 9_000, 17_500],
    ['Event5', 'Venue3', 'Theater', 8_000, 5_000],
    ['Event6', 'Venue4', 'Conference', 7_000, 2_250],
    ['Event7', 'Venue5', 'Festival', 12_000, 90_000],
  ] as [string, string, string, number, number][])(
    '%s at %s is %s at %i, with %i seats free',
    async ([eventId, venueId, type, price, free]) => {
      const row = await sql.db.selectFrom('events').selectAll().where('event_id', '=', eventId).executeTakeFirst()
      expect(row).toMatchObject({ venue_id: venueId, type, currency: 'CAD', sale: 'instant', active: 1 })
      expect(Date.parse(row?.starts_at ?? '')).toBeGreaterThan(NOW)
      const zones = await sql.db.selectFrom('event_zones').selectAll().where('event_id', '=', eventId).execute()
      expect(new Set(zones.map((zone) => zone.price))).toEqual(new Set([price]))
      expect(zones.reduce((sum, { available }) => sum + available, 0)).toBe(free)
    },
  )
})

describe('a wrong file is told with file, path and reason, and the others still open', () => {
  const withZones = (zones: unknown): object => ({ ...HALL, venueId: 'Bad', zones })
  const zone = { zoneId: 1, rows: 2, seatsPerRow: 3 }

  test.for([
    ['no JSON', 'venues', '{', '', /JSON/],
    ['a list', 'venues', [], '', /must be object/],
    ['no name', 'venues', { ...HALL, name: undefined }, '', /must have required property 'name'/],
    ['zones that are none', 'venues', withZones('x'), '/zones', /must be array/],
    ['no zones', 'venues', withZones([]), '/zones', /fewer than 1/],
    ['rows as a text', 'venues', withZones([{ ...zone, rows: '2' }]), '/zones/0/rows', /must be integer/],
    ['no rows', 'venues', withZones([zone, { ...zone, zoneId: 2, rows: 0 }]), '/zones/1/rows', /must be >= 1/],
    ['a gap that is no seat', 'venues', withZones([{ ...zone, gaps: ['A'] }]), '/zones/0/gaps/0', /must match pattern/],
    ['a gap beyond the row', 'venues', withZones([{ ...zone, gaps: ['A4'] }]), '', /gaps of zone 1: A4 is no range/],
    ['a zone twice', 'venues', withZones([zone, zone]), '', /zone 1 stands there twice/],
    ['a time zone that is none', 'venues', { ...HALL, venueId: 'Bad', timeZone: 'Mars/Olympus' }, '', /Mars\/Olympus/],
    ['a venue that is not there', 'events', { ...event('Bad'), venueId: 'Nowhere' }, '', /there is no venue Nowhere/],
    ['a zone that the venue has not', 'events', { ...event('Bad'), zones: [{ zoneId: 9, price: 1 }] }, '', /Hall has no zone 9/],
    [
      'a zone of the event twice',
      'events',
      {
        ...event('Bad'),
        zones: [
          { zoneId: 1, price: 1 },
          { zoneId: 1, price: 2 },
        ],
      },
      '',
      /twice/,
    ],
    ['a price below zero', 'events', { ...event('Bad'), zones: [{ zoneId: 1, price: -1 }] }, '/zones/0/price', /must be >= 0/],
    [
      'a price that nobody can sum up',
      'events',
      { ...event('Bad'), zones: [{ zoneId: 1, price: 1e300 }] },
      '/zones/0/price',
      /must be <= 1000000000/,
    ],
    ['a broken price', 'events', { ...event('Bad'), zones: [{ zoneId: 1, price: 1.5 }] }, '/zones/0/price', /must be integer/],
    ['a currency that is none', 'events', { ...event('Bad'), currency: 'cad' }, '/currency', /must match pattern/],
    ['a moment that is none', 'events', { ...event('Bad'), startsAt: 'tomorrow' }, '/startsAt', /date-time/],
    ['a day that is none', 'events', { ...event('Bad'), startsAt: '2027-02-30T10:00:00Z' }, '/startsAt', /date-time/],
    ['an hour that is none', 'events', { ...event('Bad'), startsAt: { inDays: 1, at: '24:00' } }, '/startsAt/at', /must match pattern/],
  ] as [string, 'venues' | 'events', unknown, string, RegExp][])('%s', async ([, kind, content, at, reason]) => {
    const { sql, folder } = await emptyDatabase()
    await writeHouse(folder, { venues: [HALL, BARN], events: [event('Good'), event('Other')] })
    const file = join(folder, kind, 'Bad.json')
    // A broken venue takes the place of a good one that no event needs.
    if (kind === 'venues') await rm(join(folder, 'venues', 'Barn.json'))
    await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content))
    const imported = await importFolder(sql, folder, NOW)
    expect(imported.events).toEqual(['Good', 'Other'])
    expect(imported.venues).toEqual(kind === 'venues' ? ['Hall'] : ['Barn', 'Hall'])
    expect(imported.problems.length).toBeGreaterThan(0)
    for (const problem of imported.problems) expect(problem.file).toBe(file)
    expect(imported.problems.map((problem) => problem.at)).toContain(at)
    expect(imported.problems.map((problem) => problem.reason).join()).toMatch(reason)
    const events = await sql.db.selectFrom('events').select('event_id').orderBy('event_id').execute()
    expect(events.map(({ event_id }) => event_id)).toEqual(['Good', 'Other'])
  })

  test('every fault of a file is told at once', async () => {
    const { sql, folder } = await emptyDatabase()
    await writeHouse(folder, { venues: [HALL], events: [] })
    await writeFile(join(folder, 'events', 'Bad.json'), JSON.stringify({ ...event('Bad'), currency: '?', name: '', sale: 'never' }))
    const { problems } = await importFolder(sql, folder, NOW)
    for (const at of ['/currency', '/name', '/sale']) expect(problems.map((problem) => problem.at)).toContain(at)
  })

  test('two files of one id are both wrong, and neither is guessed', async () => {
    const { sql, folder } = await emptyDatabase()
    await writeHouse(folder, { venues: [HALL], events: [event('Good'), event('Twin')] })
    await writeFile(join(folder, 'events', 'Copy.json'), JSON.stringify(event('Twin', { name: 'Another' })))
    const { events, problems } = await importFolder(sql, folder, NOW)
    expect(events).toEqual(['Good'])
    expect(problems).toEqual([
      { file: join(folder, 'events', 'Copy.json'), at: '/eventId', reason: 'Twin stands in Twin.json too; keep one of them' },
      { file: join(folder, 'events', 'Twin.json'), at: '/eventId', reason: 'Twin stands in Copy.json too; keep one of them' },
    ])
  })

  test('folders that are missing or hold other files are nothing to import', async () => {
    const { sql, folder } = await emptyDatabase()
    expect(await importFolder(sql, join(folder, 'nowhere'), NOW)).toEqual({ venues: [], events: [], problems: [] })
    await mkdir(join(folder, 'venues'), { recursive: true })
    await writeFile(join(folder, 'venues', 'README.md'), 'not a venue')
    expect(await importFolder(sql, folder, NOW)).toEqual({ venues: [], events: [], problems: [] })
  })
})

describe('never over living state', () => {
  test('an event and a venue that exist stay as they are, sold seats and all', async () => {
    await using path = await openSeatPath(oneZone('Tiny', 2, 2))
    await path.ask({ venueId: 'Tiny', eventId: 'Tiny', quantity: 2 })
    await path.project()
    const rows = async () => ({
      venues: await path.sql.db.selectFrom('venues').selectAll().execute(),
      zones: await path.sql.db.selectFrom('zones').selectAll().execute(),
      events: await path.sql.db.selectFrom('events').selectAll().execute(),
      prices: await path.sql.db.selectFrom('event_zones').selectAll().execute(),
    })
    const before = await rows()
    const { venues, events } = oneZone('Tiny', 9, 9, { name: 'Renamed', zones: [{ zoneId: 1, price: 1 }] })
    expect(await importVenue(path.sql, { ...(venues[0] as VenueFile), name: 'Renamed' })).toBeNull()
    expect(await importEvent(path.sql, events[0] as EventFile, NOW)).toBeNull()
    await openNewEvents(path.sql, path.ledger)
    expect(await rows()).toEqual(before)
    expect(await path.ledger.seats('Tiny/1', NOW)).toEqual(Uint8Array.from([2, 2, 0, 0]))
  })

  test('a ledger that was lost is not opened as an empty house', async () => {
    await using path = await openSeatPath(oneZone('Tiny', 2, 2))
    const empty = await openSqliteLedger({ path: join(path.folder, 'another.db') })
    onTestFinished(() => empty.close())
    await openNewEvents(path.sql, empty)
    expect(await empty.zones()).toEqual([])
    const commands = createSeatCommands(empty, path.catalogue)
    const wish = { venueId: 'Tiny', eventId: 'Tiny', zoneId: 1, row: 'A', column: 1 }
    await expect(commands.sell(wish, { at: NOW, newId })).rejects.toMatchObject({ code: 'zone-not-open' })
  })

  test('an event that comes later is opened and sold, and the others go on', async () => {
    await using path = await openSeatPath(oneZone('Tiny', 2, 2))
    const tiny = { venueId: 'Tiny', eventId: 'Tiny', quantity: 1 }
    await path.ask(tiny)
    await writeHouse(path.folder, { venues: [], events: [event('Encore', { venueId: 'Tiny', zones: [{ zoneId: 1, price: 700 }] })] })
    await path.sql.db.insertInto('catalogue').values({ id: 1, version: 1 }).execute()
    await path.catalogue.refresh()
    expect((await importFolder(path.sql, path.folder, NOW)).events).toEqual(['Encore'])
    await openNewEvents(path.sql, path.ledger)
    expect(await path.ask({ ...tiny, eventId: 'Encore' })).toMatchObject({ tickets: [{ price: 700, row: 'A', column: '1' }] })
    expect(await path.ask(tiny)).toMatchObject({ tickets: [{ price: 1000, row: 'A', column: '2' }] })
  })
})

describe('at a later start', () => {
  test('what was refused and is mended now goes on sale, and nothing that lives is touched', async () => {
    const { sql, folder } = await emptyDatabase()
    await writeHouse(folder, { venues: [HALL], events: [event('Good'), event('Bad', { currency: '?' })] })
    expect(await importFolder(sql, folder, NOW)).toMatchObject({ events: ['Good'] })
    expect(await importLater(sql, folder, NOW)).toMatchObject({ venues: [], events: [], problems: [{ at: '/currency' }] })
    await writeHouse(folder, { venues: [{ ...HALL, name: 'Renamed' }], events: [event('Good', { name: 'Renamed' }), event('Bad')] })
    expect(await importLater(sql, folder, NOW)).toEqual({ venues: [], events: ['Bad'], problems: [] })
    const names = await sql.db.selectFrom('events').select('name').orderBy('event_id').execute()
    expect(names).toEqual([{ name: 'The Bad' }, { name: 'The Good' }])
    expect(await sql.db.selectFrom('venues').select('name').execute()).toEqual([{ name: HALL.name }])
  })

  test('a folder that nothing of the house came from is left alone', async () => {
    const { sql, folder } = await emptyDatabase()
    await importVenue(sql, BARN)
    await writeHouse(folder, { venues: [HALL], events: [event('Good')] })
    expect(await importLater(sql, folder, NOW)).toEqual({ venues: [], events: [], problems: [] })
  })

  test('a first start at which everything was wrong is made good', async () => {
    const { sql, folder } = await emptyDatabase()
    await writeHouse(folder, { venues: [{ ...HALL, zones: [] }], events: [event('Good')] })
    expect(await importFolder(sql, folder, NOW)).toMatchObject({ venues: [], events: [] })
    await writeHouse(folder, { venues: [HALL], events: [] })
    expect(await importLater(sql, folder, NOW)).toEqual({ venues: ['Hall'], events: ['Good'], problems: [] })
  })
})

describe('what a process keeps in memory', () => {
  const encore: House = { venues: [], events: [event('Encore', { venueId: 'Tiny', zones: [{ zoneId: 1, price: 700 }] })] }

  async function openTiny() {
    const path = await openSeatPath(oneZone('Tiny', 2, 2))
    await path.sql.db.insertInto('catalogue').values({ id: 1, version: 1 }).execute()
    await path.catalogue.refresh()
    const version = async () => (await path.sql.db.selectFrom('catalogue').select('version').executeTakeFirstOrThrow()).version
    return { path, version }
  }

  test('has an event once its zones are open, and not before, whoever looks in between', async () => {
    const { path } = await openTiny()
    await using _ = path
    await writeHouse(path.folder, encore)
    await importFolder(path.sql, path.folder, NOW)
    await path.catalogue.refresh()
    expect(path.catalogue.event('Encore')).toBeUndefined()
    await openNewEvents(path.sql, path.ledger)
    await path.catalogue.refresh()
    expect(path.catalogue.event('Encore')).toMatchObject({ eventId: 'Encore' })
  })

  test('is read again after news only: an import of what is there is none', async () => {
    const { path, version } = await openTiny()
    await using _ = path
    await writeHouse(path.folder, encore)
    await importFolder(path.sql, path.folder, NOW)
    await openNewEvents(path.sql, path.ledger)
    const before = await version()
    expect(before).toBeGreaterThan(1)
    for (let again = 0; again < 2; again++) {
      expect(await importFolder(path.sql, path.folder, NOW)).toEqual({ venues: [], events: [], problems: [] })
      await openNewEvents(path.sql, path.ledger)
    }
    expect(await version()).toBe(before)
    await writeHouse(path.folder, { venues: [BARN], events: [] })
    await importFolder(path.sql, path.folder, NOW)
    await path.catalogue.refresh()
    expect(path.catalogue.hasVenue('Barn')).toBe(true)
  })
})

describe('an event that is switched off', () => {
  const house: House = { venues: [HALL], events: [event('Shown'), event('Hidden', { active: false })] }

  test('is neither listed nor sellable, and its seats are there for the day it is switched on', async () => {
    await using path = await openSeatPath(house)
    const listed = await createQueries(path.sql).events({}, undefined, 50, new Date(NOW).toISOString())
    expect(JSON.stringify(listed)).toContain('"Shown"')
    expect(JSON.stringify(listed)).not.toContain('Hidden')
    expect(await path.ask({ venueId: 'Hall', eventId: 'Hidden', quantity: 1 })).toMatchObject({ code: 'event-not-on-sale' })
    expect(await path.ledger.seats('Hidden/1', NOW)).toHaveLength(24)
  })
})

describe('geometry', () => {
  test('of ledger and catalogue is the same after an import, gaps and all', async () => {
    await using path = await openSeatPath({ venues: [HALL], events: [event('Show')] })
    const geometry = await compareGeometry(path.ledger, path.catalogue)
    expect(geometry).toEqual({ open: 3, closed: [], different: [] })
    expect(faultsOf(geometry)).toEqual([])
    const gaps = [...((await path.ledger.seats('Show/2', NOW)) ?? [])].flatMap((state, seat) => (state === 3 ? [seat] : []))
    expect(gaps).toEqual([0, 13, 14])
  })

  test('that differs is told with the zone and both numbers, and so is a zone that is not open', async () => {
    await using path = await openSeatPath({ venues: [HALL], events: [event('Show')] })
    await path.sql.db.updateTable('zones').set({ rows_: 5 }).where('zone_id', '=', 1).execute()
    await importEvent(path.sql, event('Late'), NOW)
    await path.sql.db.updateTable('events').set({ opened: 1 }).where('event_id', '=', 'Late').execute()
    const geometry = await compareGeometry(path.ledger, await openCatalogue(path.sql))
    expect(faultsOf(geometry)).toEqual([
      '3 zones are not open: Late/1, Late/2, Late/3',
      '1 zones have another number of seats: Show/1 (24 in the ledger, 30 in the catalogue)',
    ])
  })
})

async function emptyDatabase(): Promise<{ sql: Sql; folder: string }> {
  const folder = await temporaryFolder()
  const sql = openSqlite(join(folder, 'read.db'))
  await migrate(sql)
  onTestFinished(async () => {
    await sql.close()
    await rm(folder, { recursive: true, force: true })
  })
  return { sql, folder }
}
