import { asReplayed, Entry, type SeatsReleased, type SeatsSold, seal, setAside } from '@onsale/contract/entry'
import { Ajv } from 'ajv'
import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { NewDatabase, TestDatabase } from '../../test/databases.ts'
import { anyDelivery, entryOf, history, messagesOf } from '../../test/histories.ts'
import { event, HALL } from '../../test/house.ts'
import { NOW, newId } from '../../test/seat-path.ts'
import { importEvent, importVenue } from '../catalogue/import.ts'
import { migrate } from '../sql/migrate.ts'
import type { Sql } from '../sql/sql.ts'
import { createProjector, type Projector, rebuild } from './projector.ts'

type Figures = { zones: object[]; sales: Record<string, number[]> }

const SEATS = ['A', 'B', 'C', 'D'].flatMap((row) => [1, 2, 3, 4, 5, 6].map((column) => `${row}${column}`))

/** `runs` of the property tests: servers take some ms a batch. */
export function projectorConformance(name: string, newDatabase: NewDatabase, runs: number): void {
  describe(`projector on ${name}`, () => {
    let database: TestDatabase
    let sql: Sql
    let projector: Projector
    beforeAll(async () => {
      database = await newDatabase()
      sql = await database.open()
      await migrate(sql)
      await importVenue(sql, HALL)
      projector = createProjector(sql)
    })
    afterAll(async () => {
      await sql.close()
      await database.drop()
    })

    let events = 0
    /** An event that nothing has happened to yet. */
    async function newEvent(): Promise<string> {
      const eventId = `Event-${++events}`
      await importEvent(sql, event(eventId), NOW)
      return eventId
    }

    describe('repeats and disorder change nothing', () => {
      test('any order with any repeats in any batches gives the tables that the order of the log gives', { timeout: 120_000 }, async () => {
        const delivery = history.chain((acts) => fc.tuple(fc.constant(acts), anyDelivery(messagesOf('@', acts).map((_, i) => String(i)))))
        await fc.assert(
          fc.asyncProperty(delivery, async ([acts, batches]) => {
            const [ordered, disordered] = [await newEvent(), await newEvent()]
            const messages = messagesOf(ordered, acts)
            await projector.project(messages, NOW)
            const renamed = messages.map((message) => message.replaceAll(ordered, disordered))
            // The same tickets under another id, as a ticket id is there only once.
            const others = renamed.map((message) => message.replaceAll('-7000-', '-7001-'))
            let fresh = 0
            for (const batch of batches)
              fresh += (
                await projector.project(
                  batch.map((i) => others[Number(i)] as string),
                  NOW,
                )
              ).stored
            expect(fresh).toBe(messages.length)
            expect(await tablesOf(disordered)).toEqual(await tablesOf(ordered))
            expect(await lastStatesSeen(disordered)).toEqual(await lastStatesSeen(ordered))
            expect(await figuresOf(disordered)).toEqual(await recount(disordered))
          }),
          { numRuns: runs, interruptAfterTimeLimit: 100_000 },
        )
      })

      test('a message that comes twice is one ticket, and is counted as a repeat', async () => {
        const eventId = await newEvent()
        const message = sale(eventId, 1, 'A1')
        expect(await projector.project([message, message], NOW)).toMatchObject({ stored: 1, repeats: 1, conflicts: [] })
        expect(await projector.project([message], NOW)).toMatchObject({ stored: 0, repeats: 1, conflicts: [] })
        expect(await livingSeats(eventId)).toEqual(['A1'])
        expect(await figuresOf(eventId)).toEqual(await recount(eventId))
      })

      test('a refund that overtakes its sale leaves the ticket refunded and the seat free', async () => {
        const eventId = await newEvent()
        const ticketId = newId()
        await projector.project([refund(eventId, 2, 'A1', ticketId)], NOW)
        await projector.project([sale(eventId, 1, 'A1', ticketId)], NOW)
        expect(await ticketsOf(eventId)).toMatchObject([{ ticket_id: ticketId, status: 'REFUNDED', living: null, position: 1 }])
        expect(await figuresOf(eventId)).toEqual(await recount(eventId))
      })

      test('a second sale that overtakes the refund before it is no conflict', async () => {
        const eventId = await newEvent()
        const [first, second] = [newId(), newId()]
        await projector.project([sale(eventId, 1, 'A1', first)], NOW)
        expect((await projector.project([sale(eventId, 3, 'A1', second)], NOW)).conflicts).toEqual([])
        expect((await projector.project([refund(eventId, 2, 'A1', first)], NOW)).conflicts).toEqual([])
        expect(await ticketsOf(eventId)).toMatchObject([
          { ticket_id: first, status: 'REFUNDED', living: null },
          { ticket_id: second, status: 'PAID', living: 1 },
        ])
        expect(await lastStatesSeen(eventId)).toEqual({ '1 A1': 's' })
      })
    })

    describe('an entry that was set aside', () => {
      const standIn = (message: string): string => setAside(message, 'refused') as string

      test('holds nothing up, and replayed it is applied once, whatever happened to its seats since', { timeout: 120_000 }, async () => {
        const some = history.filter((acts) => messagesOf('@', acts).length > 0)
        const chosen = some.chain((acts) => fc.tuple(fc.constant(acts), fc.nat({ max: messagesOf('@', acts).length - 1 })))
        await fc.assert(
          fc.asyncProperty(chosen, async ([acts, place]) => {
            const [whole, mended] = [await newEvent(), await newEvent()]
            const messages = messagesOf(whole, acts)
            await projector.project(messages, NOW)
            const others = messages.map((message) => message.replaceAll(whole, mended).replaceAll('-7000-', '-7001-'))
            const culprit = others[place] as string
            const { unknown } = await projector.project(others.with(place, standIn(culprit)), NOW)
            expect(unknown).toEqual([expect.stringMatching(/^SetAside \(shard .*, position \d+: refused\)$/)])
            expect(await positionsOf(mended)).toEqual(await positionsOf(whole))
            // A repeat of the relay's is none of the operator's.
            expect(await projector.project([culprit], NOW)).toMatchObject({ stored: 0, repeats: 1 })
            expect(await archived(`${mended}-%`)).toContain(standIn(culprit))
            for (let i = 0; i < 2; i++) await projector.project([asReplayed(culprit)], NOW)
            expect(byTicket(await tablesOf(mended))).toEqual(byTicket(await tablesOf(whole)))
            expect(await figuresOf(mended)).toEqual(await recount(mended))
          }),
          { numRuns: runs, interruptAfterTimeLimit: 100_000 },
        )
      })

      test('and was overtaken: the seat of a refund that was set aside is sold again, a conflict until the replay puts all in order', async () => {
        const eventId = await newEvent()
        const [first, second] = [newId(), newId()]
        const ends = refund(eventId, 2, 'A1', first)
        const messages = [sale(eventId, 1, 'A1', first), standIn(ends), sale(eventId, 3, 'A1', second)]
        expect((await projector.project(messages, NOW)).conflicts).toMatchObject([{ ticketId: second }])
        await projector.project([asReplayed(ends)], NOW)
        expect(await conflictsOf(eventId)).toEqual([])
        expect(await ticketsOf(eventId)).toMatchObject([
          { ticket_id: first, status: 'REFUNDED', living: null },
          { ticket_id: second, status: 'PAID', living: 1 },
        ])
        expect(await figuresOf(eventId)).toEqual(await recount(eventId))
      })

      test('and stands behind a gap waits for its turn when it is replayed before that closes', async () => {
        const eventId = await newEvent()
        const [first, second] = [sale(eventId, 1, 'A1'), sale(eventId, 2, 'A2')]
        await projector.project([standIn(second)], NOW)
        await projector.project([asReplayed(second)], NOW)
        expect(await livingSeats(eventId)).toEqual([])
        await projector.project([first], NOW)
        expect(await livingSeats(eventId)).toEqual(['A1', 'A2'])
        expect(await figuresOf(eventId)).toEqual(await recount(eventId))
      })

      test('because its text is broken stops nobody: what has a place in the log is told and stood in for at once', async () => {
        const eventId = await newEvent()
        const broken = seal(`${eventId}-1`, 2, '.', '{"v":1,"kind":"SeatsSold","seats":[{"row":')
        const found = await projector.project([sale(eventId, 1, 'A1'), broken, sale(eventId, 3, 'A3')], NOW)
        expect(found).toMatchObject({ stored: 3, unknown: [expect.stringContaining(`SetAside (shard ${eventId}-1, position 2: `)] })
        expect(await livingSeats(eventId)).toEqual(['A1', 'A3'])
        expect(JSON.parse((await archived(`${eventId}-1`))[1] as string)).toMatchObject({ kind: 'SetAside', entry: broken })
        expect(await projector.project([asReplayed(broken)], NOW)).toMatchObject({ stored: 0 })
        expect(await livingSeats(eventId)).toEqual(['A1', 'A3'])
        expect(await figuresOf(eventId)).toEqual(await recount(eventId))
      })

      test('and comes for the first time as a replay is an entry like any other', async () => {
        const eventId = await newEvent()
        const message = sale(eventId, 1, 'A1')
        expect(await projector.project([asReplayed(message)], NOW)).toMatchObject({ stored: 1 })
        expect(await livingSeats(eventId)).toEqual(['A1'])
        expect(await archived(`${eventId}-1`)).toEqual([message])
      })
    })

    describe('several projectors on one shard', () => {
      test('that get the same and neighbouring entries at once apply each once, in order', async () => {
        const eventId = await newEvent()
        const tickets = Array.from({ length: 24 }, () => newId())
        // Each seat is sold, given back and sold again: what is applied twice or out of order is a conflict or a wrong figure.
        const messages = tickets.flatMap((ticketId, i) => [
          sale(eventId, 3 * i + 1, SEATS[i] as string, ticketId),
          refund(eventId, 3 * i + 2, SEATS[i] as string, ticketId),
          sale(eventId, 3 * i + 3, SEATS[i] as string),
        ])
        // SQLite has one projector, in a thread of the one process; there they share its connection.
        const others = sql.locksRows ? await Promise.all([database.open(), database.open()]) : []
        const projectors = [projector, ...(sql.locksRows ? others : [sql, sql]).map(createProjector)]
        const answers = await Promise.all(
          Array.from({ length: 12 }, (_, i) =>
            projectors.map((each, p) => each.project(messages.slice(6 * i, 6 * (i + 1 + p)), NOW)),
          ).flat(),
        )
        for (const other of others) await other.close()
        expect(answers.reduce((sum, { stored }) => sum + stored, 0)).toBe(messages.length)
        expect(answers.flatMap(({ conflicts }) => conflicts)).toEqual([])
        expect(await storedOf(eventId)).toBe(messages.length)
        expect(await livingSeats(eventId)).toHaveLength(24)
        expect(await figuresOf(eventId)).toEqual(await recount(eventId))
        expect(await archived(`${eventId}-1`)).toEqual(messages)
        const numbers = (await changesOf(eventId)).map(({ seq }) => seq)
        expect(numbers).toEqual(numbers.map((_, i) => i + 1))
      })
    })

    describe('counters', () => {
      test('equal a recount after every batch of a random history', async () => {
        await fc.assert(
          fc.asyncProperty(history, fc.integer({ min: 1, max: 8 }), async (acts, size) => {
            const eventId = await newEvent()
            const messages = messagesOf(eventId, acts)
            for (let from = 0; from < messages.length; from += size) {
              await projector.project(messages.slice(from, from + size), NOW)
              expect(await figuresOf(eventId)).toEqual(await recount(eventId))
            }
          }),
          { numRuns: Math.ceil(runs / 2), interruptAfterTimeLimit: 50_000 },
        )
      })

      test('grow a version with every change of a zone, and with none of another', async () => {
        const eventId = await newEvent()
        const versions = () =>
          sql.db.selectFrom('event_zones').select('version').where('event_id', '=', eventId).orderBy('zone_id').execute()
        const before = await versions()
        await projector.project([sale(eventId, 1, 'A1')], NOW)
        const after = await versions()
        expect(after.map(({ version }, i) => version - (before[i]?.version ?? 0))).toEqual([1, 0, 0])
      })
    })

    describe('two different tickets for one seat', () => {
      test.for([
        ['in one batch', 1],
        ['in two batches', 2],
      ] as [string, number][])('%s are told and never merged, and counters still equal a recount', async ([, batches]) => {
        const eventId = await newEvent()
        const [first, second] = [newId(), newId()]
        const messages = [sale(eventId, 1, 'A1', first), sale(eventId, 2, 'A1', second)]
        const answers = await Promise.all(
          (batches === 1 ? [messages] : messages.map((message) => [message])).map((batch) => projector.project(batch, NOW)),
        )
        const conflict = { ticketId: second, eventId, zoneId: 1, row: 'A', column: '1' }
        expect(answers.flatMap(({ conflicts }) => conflicts)).toEqual([conflict])
        expect(await ticketsOf(eventId)).toMatchObject([{ ticket_id: first, living: 1 }])
        expect(await conflictsOf(eventId)).toMatchObject([{ ticket_id: second, position: 2, row_: 'A', column_: 1 }])
        expect(await figuresOf(eventId)).toEqual(await recount(eventId))
      })

      test('the end of the ticket that never lived takes no seat away, and the end of the other frees it', async () => {
        const eventId = await newEvent()
        const [first, second] = [newId(), newId()]
        await projector.project([sale(eventId, 1, 'A1', first), sale(eventId, 2, 'A1', second)], NOW)
        await projector.project([refund(eventId, 3, 'A1', second)], NOW)
        expect(await livingSeats(eventId)).toEqual(['A1'])
        expect(await figuresOf(eventId)).toEqual(await recount(eventId))
        await projector.project([refund(eventId, 4, 'A1', first)], NOW)
        expect(await livingSeats(eventId)).toEqual([])
        expect(await figuresOf(eventId)).toEqual(await recount(eventId))
      })

      test('the database itself forbids a second living ticket of a seat, and allows ended ones', async () => {
        const eventId = await newEvent()
        await projector.project([sale(eventId, 1, 'A1')], NOW)
        const [ticket] = await ticketsOf(eventId)
        const { number: _, ...row } = ticket as NonNullable<typeof ticket>
        const insert = (changes: Partial<typeof row>) =>
          sql.db
            .insertInto('tickets')
            .values({ ...row, ticket_id: newId(), ...changes })
            .execute()
        await expect(insert({})).rejects.toThrow(/unique|duplicate/i)
        await expect(insert({ ticket_id: row.ticket_id, living: null })).rejects.toThrow(/unique|duplicate/i)
        await insert({ status: 'REFUNDED', living: null })
        await insert({ status: 'REFUNDED', living: null })
        const all = sql.db.updateTable('tickets').set({ living: 1 }).where('event_id', '=', eventId)
        await expect(all.execute()).rejects.toThrow(/unique|duplicate/i)
      })
    })

    describe('the archive', () => {
      test('keeps every message as it came, and rebuilding from it gives the same rows', async () => {
        const acts = fc.sample(history, { numRuns: 12, seed: 7 })
        const named = await Promise.all(acts.map(async (each) => ({ eventId: await newEvent(), acts: each })))
        for (const { eventId, acts } of named) await projector.project(messagesOf(eventId, acts), NOW)
        const conflicted = await newEvent()
        await projector.project([sale(conflicted, 1, 'A1'), sale(conflicted, 2, 'A1')], NOW)
        const all = [...named.map(({ eventId }) => eventId), conflicted]
        const before = await Promise.all(all.map(tablesOf))
        let told = 0
        const applied = await rebuild(sql, NOW, (entries) => {
          told = entries
        })
        expect(told).toBe(applied)
        expect(await Promise.all(all.map(tablesOf))).toEqual(before)
        expect(await Promise.all(all.map(figuresOf))).toEqual(await Promise.all(all.map(recount)))
      })

      test('rebuilding leaves what waits behind a gap waiting', async () => {
        const eventId = await newEvent()
        await projector.project([sale(eventId, 1, 'A1'), sale(eventId, 3, 'A3')], NOW)
        await rebuild(sql, NOW)
        expect(await livingSeats(eventId)).toEqual(['A1'])
        await projector.project([sale(eventId, 2, 'A2')], NOW)
        expect(await livingSeats(eventId)).toEqual(['A1', 'A2', 'A3'])
      })

      test.for([
        ['of a kind', { kind: 'SeatsPainted' }, 'SeatsPainted version 1'],
        ['of a version', { v: 2 }, 'SeatsSold version 2'],
      ] as [string, object, string][])('an entry %s that is not known is stored, told and skipped', async ([, changes, what]) => {
        const eventId = await newEvent()
        const strange = JSON.stringify({ ...entryOf(sale(eventId, 1, 'A1')), ...changes })
        expect(await projector.project([strange, sale(eventId, 2, 'A2')], NOW)).toMatchObject({ stored: 2, unknown: [what] })
        expect(await projector.project([strange], NOW)).toMatchObject({ stored: 0, repeats: 1, unknown: [] })
        expect(await storedOf(eventId)).toBe(2)
        expect(await livingSeats(eventId)).toEqual(['A2'])
        expect((await archived(`${eventId}-1`))[0]).toBe(strange)
      })

      test('a gap holds back what is said to be stored, until it is filled', async () => {
        const eventId = await newEvent()
        const message = (position: number) => sale(eventId, position, `A${position}`)
        const steps: [positions: number[], stored: number][] = [
          [[2], 0],
          [[4, 5], 0],
          [[1], 2],
          [[7], 2],
          [[3, 8], 5],
          [[8, 1], 5],
          [[6], 8],
          [[9, 10], 10],
        ]
        for (const [positions, stored] of steps) {
          await projector.project(positions.map(message), NOW)
          expect(await storedOf(eventId)).toBe(stored)
          expect(await livingSeats(eventId)).toHaveLength(stored)
        }
      })

      test('thousands behind a gap follow at once when it is filled', async () => {
        const eventId = await newEvent()
        const messages = Array.from({ length: 2500 }, (_, i) => sale(eventId, i + 1, `${'ABCDEFGHIJ'[i % 10]}${Math.floor(i / 10) + 1}`))
        await projector.project(messages.slice(1), NOW)
        expect(await storedOf(eventId)).toBe(0)
        await projector.project(messages.slice(0, 1), NOW)
        expect(await storedOf(eventId)).toBe(2500)
        expect(await livingSeats(eventId)).toHaveLength(2500)
      })

      test('every entry of a random history fits the schema of the contract, and comes back from its text as it was', () => {
        const fits = new Ajv({ strict: false }).compile(Entry)
        fc.assert(
          fc.property(history, (acts) => {
            for (const message of messagesOf('Any', acts)) {
              expect(fits(entryOf(message)), message).toBe(true)
              expect(entryOf(JSON.stringify(entryOf(message)))).toEqual(entryOf(message))
            }
          }),
          { numRuns: 30 },
        )
      })
    })

    describe('a batch is all or nothing', () => {
      test('a message that is no JSON lets nothing of its batch in, and the others can come again', async () => {
        const eventId = await newEvent()
        await expect(projector.project([sale(eventId, 1, 'A1'), 'not JSON'], NOW)).rejects.toThrow()
        expect(await ticketsOf(eventId)).toEqual([])
        expect(await projector.project([sale(eventId, 1, 'A1')], NOW)).toMatchObject({ stored: 1 })
      })

      test('a database that refuses in the middle lets nothing in', async () => {
        const eventId = await newEvent()
        await sql.db.schema.alterTable('event_changes').renameTo('changes_away').execute()
        await expect(projector.project([sale(eventId, 1, 'A1')], NOW)).rejects.toThrow('event_changes')
        await sql.db.schema.alterTable('changes_away').renameTo('event_changes').execute()
        expect(await ticketsOf(eventId)).toEqual([])
        expect(await storedOf(eventId)).toBe(0)
        expect(await projector.project([sale(eventId, 1, 'A1')], NOW)).toMatchObject({ stored: 1 })
        expect(await figuresOf(eventId)).toEqual(await recount(eventId))
      })
    })

    describe('the tail of the live stream', () => {
      test('is numbered from 1 without gaps for each event, and kept for ten minutes', async () => {
        const [one, two] = [await newEvent(), await newEvent()]
        const later = NOW + 1_000_000_000
        for (let position = 1; position <= 3; position++)
          await projector.project([sale(one, position, `A${position}`), sale(two, position, `A${position}`)], later)
        for (const eventId of [one, two]) expect((await changesOf(eventId)).map(({ seq }) => seq)).toEqual([1, 2, 3])
        await projector.project([sale(one, 4, 'B1')], later + 5 * 60_000)
        expect((await changesOf(one)).map(({ seq }) => seq)).toEqual([1, 2, 3, 4])
        await projector.project([sale(one, 5, 'B2')], later + 11 * 60_000)
        expect((await changesOf(one)).map(({ seq }) => seq)).toEqual([4, 5])
      })
    })

    // ---------------------------------------------------------------- words of the tests

    const ticketsOf = (eventId: string) =>
      sql.db.selectFrom('tickets').selectAll().where('event_id', '=', eventId).orderBy('shard').orderBy('number').execute()
    const conflictsOf = (eventId: string) =>
      sql.db.selectFrom('conflicts').selectAll().where('event_id', '=', eventId).orderBy('ticket_id').execute()
    const changesOf = (eventId: string) =>
      sql.db.selectFrom('event_changes').selectAll().where('event_id', '=', eventId).orderBy('seq').execute()

    async function livingSeats(eventId: string): Promise<string[]> {
      return (await ticketsOf(eventId)).filter(({ living }) => living === 1).map(({ row_, column_ }) => `${row_}${column_}`)
    }

    async function storedOf(eventId: string): Promise<number> {
      return (await sql.db.selectFrom('positions').select('stored').where('shard', '=', `${eventId}-1`).executeTakeFirst())?.stored ?? 0
    }

    const positionsOf = async (eventId: string) =>
      (await sql.db.selectFrom('positions').select('stored').where('shard', 'like', `${eventId}-%`).orderBy('shard').execute()).map(
        ({ stored }) => stored,
      )

    /** Every row that an event has, without what tells in which batches it came, and without the name of the event. */
    async function tablesOf(eventId: string): Promise<Record<string, unknown>> {
      const { db } = sql
      const tables = {
        tickets: (await ticketsOf(eventId)).map(({ number: _, ...row }) => row),
        held: await db
          .selectFrom('held_seats')
          .selectAll()
          .where('event_id', '=', eventId)
          .orderBy('zone_id')
          .orderBy('row_')
          .orderBy('column_')
          .execute(),
        sales: await db.selectFrom('sales').selectAll().where('event_id', '=', eventId).orderBy('dimension').orderBy('value').execute(),
        conflicts: await conflictsOf(eventId),
        zones: (await db.selectFrom('event_zones').selectAll().where('event_id', '=', eventId).orderBy('zone_id').execute()).map(
          ({ version: _, ...row }) => row,
        ),
        entries: await archived(`${eventId}-%`),
        positions: await db.selectFrom('positions').selectAll().where('shard', 'like', `${eventId}-%`).orderBy('shard').execute(),
      }
      return JSON.parse(JSON.stringify(tables).replaceAll(eventId, 'Event').replaceAll('-7001-', '-7000-'))
    }

    /** Every entry as it came, in the order of its shard. */
    async function archived(shard: string): Promise<string[]> {
      const rows = await sql.db
        .selectFrom('entries')
        .select('body')
        .where('shard', 'like', shard)
        .orderBy('shard')
        .orderBy('first')
        .execute()
      return rows.flatMap(({ body }) => body.split('\n'))
    }

    /** What a map that watches the live stream shows in the end. */
    async function lastStatesSeen(eventId: string): Promise<Record<string, string>> {
      const seen: [string, string][] = []
      for (const { body } of await changesOf(eventId))
        for (const { zoneId, row, column, state } of JSON.parse(`[${body}]`) as {
          zoneId: number
          row: string
          column: string
          state: string
        }[])
          seen.push([`${zoneId} ${row}${column}`, state])
      return Object.fromEntries(seen)
    }

    async function figuresOf(eventId: string): Promise<Figures> {
      const zones = await sql.db
        .selectFrom('event_zones')
        .select(['zone_id', 'available', 'held', 'sold', 'revenue'])
        .where('event_id', '=', eventId)
        .orderBy('zone_id')
        .execute()
      const sales = await sql.db.selectFrom('sales').selectAll().where('event_id', '=', eventId).execute()
      return {
        zones,
        sales: Object.fromEntries(sales.filter(({ sold }) => sold !== 0).map((s) => [`${s.dimension} ${s.value}`, [s.sold, s.revenue]])),
      }
    }

    /** The same from living tickets and held seats. */
    async function recount(eventId: string): Promise<Figures> {
      const tickets = (await ticketsOf(eventId)).filter(({ living }) => living === 1)
      const held = await sql.db.selectFrom('held_seats').selectAll().where('event_id', '=', eventId).where('held', '=', 1).execute()
      const zones = await sql.db
        .selectFrom('zones')
        .select(['zone_id', 'capacity'])
        .where('venue_id', '=', 'Hall')
        .orderBy('zone_id')
        .execute()
      const sales: Record<string, number[]> = {}
      for (const { row_, column_, price } of tickets)
        for (const key of [`row ${row_}`, `column ${column_}`]) {
          const [sold, revenue] = sales[key] ?? [0, 0]
          sales[key] = [(sold as number) + 1, (revenue as number) + price]
        }
      return {
        zones: zones.map(({ zone_id, capacity }) => {
          const here = tickets.filter((ticket) => ticket.zone_id === zone_id)
          const heldHere = held.filter((seat) => seat.zone_id === zone_id).length
          const revenue = here.reduce((sum, { price }) => sum + price, 0)
          return { zone_id, available: capacity - here.length - heldHere, held: heldHere, sold: here.length, revenue }
        }),
        sales,
      }
    }
  })
}

/** A ticket that comes late is numbered late. */
function byTicket({ tickets, ...tables }: Record<string, unknown>): unknown {
  return { ...tables, tickets: (tickets as { ticket_id: string }[]).toSorted((a, b) => (a.ticket_id < b.ticket_id ? -1 : 1)) }
}

function sale(eventId: string, position: number, seat: string, ticketId = newId()): string {
  const fact: Omit<SeatsSold, 'shard' | 'position' | 'was'> = {
    ...headOf(eventId),
    kind: 'SeatsSold',
    status: 'PAID',
    price: 5000,
    currency: 'CAD',
    seats: [{ ...placeOf(seat), ticketId }],
  }
  return seal(`${eventId}-1`, position, '.', JSON.stringify(fact))
}

function refund(eventId: string, position: number, seat: string, ticketId: string): string {
  const fact: Omit<SeatsReleased, 'shard' | 'position' | 'was'> = {
    ...headOf(eventId),
    kind: 'SeatsReleased',
    ended: 'REFUNDED',
    price: 5000,
    currency: 'CAD',
    seats: [{ ...placeOf(seat), ticketId }],
  }
  return seal(`${eventId}-1`, position, 's', JSON.stringify(fact))
}

const headOf = (eventId: string) => ({ v: 1, createdOn: new Date(NOW).toISOString(), venueId: 'Hall', eventId, zoneId: 1 }) as const
const placeOf = (seat: string) => ({ row: seat.charAt(0), column: seat.slice(1) })
