import { join } from 'node:path'
import { asReplayed, setAside } from '@onsale/contract/entry'
import type { Wish } from '@onsale/contract/wish'
import { sql as raw } from 'kysely'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { type NewDatabase, newSqlite, onServer } from '../test/databases.ts'
import { atBarn, BARN, event, HALL, type House } from '../test/house.ts'
import { NOW, newId, openSeatPath, type SeatPath } from '../test/seat-path.ts'
import { audit } from './audit.ts'
import type { Change, Ledger } from './ledger/ledger.ts'
import { openSqliteLedger } from './ledger/sqlite.ts'
import { createProjector } from './projector/projector.ts'

const house: House = { venues: [HALL, BARN], events: [event('Show'), event('Barnyard', atBarn)] }

const withoutFaults = (name: string, newDatabase: NewDatabase) =>
  describe(`a house without faults on ${name}`, () => {
    test('has no differences before the first sale', async () => {
      await using path = await openSeatPath(house, newDatabase)
      expect(await audit(path.ledger, path.sql, NOW)).toEqual({
        differences: [],
        checked: { zones: 4, seats: 24 + 12 + 300 + 6, entries: 0, tickets: 0 },
      })
    })

    test('has no differences after a rush of every kind of wish, holds and refunds', async () => {
      await using path = await openSeatPath(house, newDatabase)
      const answers = await Promise.all(Array.from({ length: 200 }, (_, i) => path.ask(wishes[i % wishes.length] as Wish)))
      const [first] = answers.filter((answer) => 'tickets' in answer && answer.tickets[0]?.eventId === 'Barnyard')
      expect(first).toBeDefined()
      await path.ledger.commit(hold('Show/3', [250, 251], 'hold-1', NOW + 1000))
      await path.ledger.commit(hold('Show/3', [260], 'hold-2', NOW - 1))
      await path.ledger.commit(letGo('Show/3', [250], 'hold-1'))
      await path.project()
      const { differences, checked } = await audit(path.ledger, path.sql, NOW)
      expect(differences).toEqual([])
      expect(checked.tickets).toBeGreaterThan(150)
      expect(checked.entries).toBeGreaterThan(90)
    })
  })
withoutFaults('SQLite', newSqlite)
await onServer('POSTGRES_URL', (newDatabase) => withoutFaults('PostgreSQL', newDatabase))
await onServer('MYSQL_URL', (newDatabase) => withoutFaults('MySQL', newDatabase))

test('a sale that was set aside is named until it is replayed; the read side is not behind meanwhile', async () => {
  await using path = await openSeatPath(house)
  for (const row of ['A', 'B']) await path.ask({ venueId: 'Hall', eventId: 'Show', zoneId: 1, row, column: 1 })
  const [{ shard } = { shard: '' }] = await path.ledger.ends()
  const bodies = (await path.ledger.read({ shard, after: 0, limit: 10 })).map(({ body }) => body)
  const culprit = bodies[0] as string
  const projector = createProjector(path.sql)
  await projector.project(bodies.with(0, setAside(culprit, 'refused') as string), NOW)
  const { differences } = await audit(path.ledger, path.sql, NOW)
  expect(new Set(differences.map(({ what }) => what))).toContain('sale-without-ticket')
  expect(differences.map(({ what }) => what)).not.toContain('behind')
  await projector.project([asReplayed(culprit)], NOW)
  expect((await audit(path.ledger, path.sql, NOW)).differences).toEqual([])
})

describe('each fault is named', () => {
  let shared: SeatPath
  beforeAll(async () => {
    shared = await openSeatPath(house)
    await sellThree(shared)
  })
  afterAll(() => shared[Symbol.asyncDispose]())

  test.for([
    {
      fault: 'a ticket is missing',
      plant: 'delete from tickets where column_ = 1',
      what: ['sale-without-ticket', 'counter'],
      where: 'Show/1 A1',
    },
    {
      fault: 'a ticket was ended without a word in the log',
      plant: "update tickets set living = null, status = 'REFUNDED' where column_ = 1",
      what: ['sale-without-ticket', 'counter'],
      where: 'Show/1 A1',
    },
    {
      fault: 'a ticket moved to another seat',
      plant: 'update tickets set column_ = 6 where column_ = 1',
      what: ['sale-without-ticket', 'ticket-without-sale', 'owner'],
      where: 'Show/1 A6',
    },
    {
      fault: 'a ticket belongs to somebody else',
      plant: "update tickets set ticket_id = 'forged' where column_ = 1",
      what: ['owner'],
      where: 'Show/1 A1',
    },
    {
      fault: 'a price was changed on a ticket',
      plant: 'update tickets set price = price + 1 where column_ = 1',
      what: ['counter'],
      where: 'Show/1',
    },
    {
      fault: 'a counter of seats is off by one',
      plant: 'update event_zones set sold = sold + 1 where zone_id = 1',
      what: ['counter'],
      where: 'Show/1',
    },
    {
      fault: 'a counter of money is off by one',
      plant: 'update event_zones set revenue = revenue - 1 where zone_id = 1',
      what: ['counter'],
      where: 'Show/1',
    },
    {
      fault: 'free seats are off by one',
      plant: 'update event_zones set available = available - 1 where zone_id = 2',
      what: ['counter'],
      where: 'Show/2',
    },
    {
      fault: 'an entry is missing in the archive',
      plant: 'delete from entries where first = 1',
      what: ['gap', 'archive', 'owner'],
      where: 'shard 0',
    },
    {
      fault: 'the last entry is missing in the archive',
      plant: 'delete from entries where first = 3',
      what: ['archive', 'owner'],
      where: 'shard 0',
    },
    {
      fault: 'more is said to be stored than the log has',
      plant: 'update positions set stored = stored + 1',
      what: ['ahead', 'archive'],
      where: 'shard 0',
    },
    {
      fault: 'less is said to be stored',
      plant: 'update positions set stored = stored - 1',
      what: ['behind', 'archive'],
      where: 'shard 0',
    },
    {
      fault: 'an archived entry was rewritten',
      plant: `update entries set body = replace(body, '"column":"1"', '"column":"5"') where first = 1`,
      what: ['archive', 'owner'],
      where: 'Show/1 A5',
    },
    {
      fault: 'an archived entry says the seat was sold before',
      plant: `update entries set body = replace(body, '"was":"."', '"was":"s"') where first = 1`,
      what: ['was'],
      where: 'Show/1 A1',
    },
    {
      fault: 'an archived entry sells a sold seat',
      plant: `update entries set body = replace(body, '"column":"2"', '"column":"1"') where first = 2`,
      what: ['sold-twice', 'was', 'archive', 'owner'],
      where: 'Show/1 A1',
    },
    {
      fault: 'the catalogue has another number of rows',
      plant: 'update zones set rows_ = rows_ + 1 where zone_id = 3',
      what: ['geometry'],
      where: 'Show/3',
    },
    {
      fault: 'a sold seat is a gap in the catalogue',
      plant: `update zones set gaps = '["A1"]' where zone_id = 1 and venue_id = 'Hall'`,
      what: ['geometry'],
      where: 'Show/1 A1',
    },
    {
      fault: 'a counter by row is off by one',
      plant: "update sales set sold = sold + 1 where dimension = 'row'",
      what: ['counter'],
      where: 'Show row A',
    },
    { fault: 'a counter by column is gone', plant: "delete from sales where value = '2'", what: ['counter'], where: 'Show column 2' },
    {
      fault: 'a seat is said to be held that is not',
      plant: "insert into held_seats values ('Show', 1, 'B', 1, 1, 1, 'later')",
      what: ['held'],
      where: 'Show/1 B1',
    },
    {
      fault: 'a second ticket for a seat was turned away',
      plant: "insert into conflicts values ('0', 9, 'other', 'Show', 1, 'A', 1, 'now')",
      what: ['two-tickets-for-one-seat'],
      where: 'Show/1 A1',
    },
    {
      fault: 'two living tickets of one seat',
      plant:
        "drop index tickets_one_owner; insert into tickets select null, position, shard, 'other', venue_id, event_id, zone_id, row_, column_, status, living, price, currency, created_on from tickets where column_ = 1",
      what: ['sold-twice', 'counter'],
      where: 'Show/1 A1',
    },
  ])('$fault: $what', async ({ plant, what, where }) => {
    const { ledger, sql } = shared
    // The audit reads over the same connection, so it sees what the transaction planted; then it never was.
    for (const statement of ['begin', ...plant.split('; ')]) await raw.raw(statement).execute(sql.db)
    const { differences } = await audit(ledger, sql, NOW)
    await raw`rollback`.execute(sql.db)
    const words = new Set(differences.map((difference) => difference.what))
    for (const word of what) expect(words, JSON.stringify(differences)).toContain(word)
    expect(differences.map((difference) => difference.where)).toContain(where)
    for (const { detail } of differences) expect(detail).not.toBe('')
  })

  test('the read side is behind the log', async () => {
    await using path = await openSeatPath(house)
    await sellThree(path)
    await path.ask(seat(4))
    const { differences } = await audit(path.ledger, path.sql, NOW)
    expect(differences).toContainEqual({ what: 'behind', where: 'shard 0', detail: 'the log ends at 4, the read side has stored 3' })
    expect(differences).toContainEqual(expect.objectContaining({ what: 'sale-without-ticket', where: 'Show/1 A4' }))
  })

  test('a hold that SQL forgot', async () => {
    await using path = await openSeatPath(house)
    await path.ledger.commit(hold('Show/3', [250], 'hold-1', NOW + 1000))
    await path.project()
    await path.sql.db.updateTable('held_seats').set({ held: 0 }).execute()
    const { differences } = await audit(path.ledger, path.sql, NOW)
    expect(differences).toContainEqual({ what: 'held', where: 'Show/3 Z1', detail: 'held in the archive, not in SQL' })
  })

  test('an empty ledger under a house that was opened', async () => {
    await using path = await openSeatPath(house)
    await sellThree(path)
    const empty = await openEmpty(path)
    const { differences } = await audit(empty, path.sql, NOW)
    expect(
      differences
        .filter(({ what }) => what === 'zone-not-open')
        .map(({ where }) => where)
        .sort(),
    ).toEqual(['Barnyard/1', 'Show/1', 'Show/2', 'Show/3'])
    expect(differences).toContainEqual(expect.objectContaining({ what: 'ahead' }))
  })

  test('a ledger that forgot a sale, and one that sold a seat nobody heard of', async () => {
    await using path = await openSeatPath(house)
    await sellThree(path)
    const other = await openEmpty(path)
    await other.open([
      { zone: 'Show/1', seats: 24, gaps: [] },
      { zone: 'Show/2', seats: 15, gaps: [0, 13, 14] },
      { zone: 'Show/3', seats: 300, gaps: [] },
      { zone: 'Barnyard/1', seats: 6, gaps: [] },
    ])
    for (const index of [0, 1, 9]) await other.commit(sellIn(index))
    const found = (await audit(other, path.sql, NOW)).differences
    expect(found).toContainEqual(expect.objectContaining({ what: 'ticket-without-sale', where: 'Show/1 A3' }))
    expect(found).toContainEqual(expect.objectContaining({ what: 'sale-without-ticket', where: 'Show/1 B4' }))
    expect(found).toContainEqual(expect.objectContaining({ what: 'archive', where: 'Show/1 B4' }))
  })
})

const anywhere = { venueId: 'Hall', eventId: 'Show' }
const seat = (column: number): Wish => ({ ...anywhere, zoneId: 1, row: 'A', column })
const wishes: Wish[] = [
  seat(1),
  { ...anywhere, seats: [2, 3].map((column) => ({ zoneId: 1, row: 'B', column })) },
  { ...anywhere, quantity: 2 },
  { ...anywhere, quantity: 1, zoneId: 3 },
  { ...anywhere, quantity: 1, accessible: true },
  { venueId: 'Barn', eventId: 'Barnyard', quantity: 1 },
  { ...anywhere, quantity: 3, maxPrice: 2000 },
]

/** A1, A2 and A3 of zone 1, at positions 1, 2 and 3. */
async function sellThree(path: SeatPath): Promise<void> {
  for (const column of [1, 2, 3]) {
    await path.ask(seat(column))
    await path.project() // each in an archive row of its own
  }
}

async function openEmpty({ folder }: SeatPath): Promise<Ledger> {
  const ledger = await openSqliteLedger({ path: join(folder, 'another.db') })
  onTestFinished(() => ledger.close())
  return ledger
}

function sellIn(index: number): Change {
  return { zone: 'Show/1', options: [{ seats: [index], owners: [newId()], fact: '{}' }], from: 'free', to: 'sold', at: NOW }
}

function hold(zone: string, seats: number[], holdId: string, until: number): Change {
  const fact = heldFact(zone, seats, { kind: 'SeatsHeld', holdId, expiresAt: new Date(until).toISOString() })
  return { zone, options: [{ seats, owners: seats.map(() => holdId), fact }], from: 'free', to: 'held', at: NOW - 2, until }
}

function letGo(zone: string, seats: number[], holdId: string): Change {
  const fact = heldFact(zone, seats, { kind: 'SeatsReleased' })
  return { zone, options: [{ seats, owners: [], mine: seats.map(() => holdId), fact }], from: 'mine', to: 'free', at: NOW }
}

/** Of the gallery: ten seats a row, so seat 250 is Z1. */
function heldFact(zone: string, seats: number[], fields: object): string {
  const [eventId, zoneId] = zone.split('/')
  const names = seats.map((index) => ({ row: index < 260 ? 'Z' : 'AA', column: String((index % 10) + 1) }))
  return JSON.stringify({
    v: 1,
    createdOn: new Date(NOW).toISOString(),
    venueId: 'Hall',
    eventId,
    zoneId: Number(zoneId),
    ...fields,
    seats: names,
  })
}
