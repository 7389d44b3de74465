/** Judges every database of the read side. */
import { readdirSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { sql as raw } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { NewDatabase, TestDatabase } from '../../test/databases.ts'
import { until } from '../../test/until.ts'
import { migrate, missingMigrations } from './migrate.ts'
import { isAway } from './pool.ts'
import type { Row, Sql } from './sql.ts'

const MIGRATIONS = resolve(fileURLToPath(import.meta.url), '../migrations')

export function sqlConformance(name: string, newDatabase: NewDatabase): void {
  describe(`${name} database`, () => {
    let database: TestDatabase
    let sql: Sql
    beforeAll(async () => {
      database = await newDatabase()
      sql = await database.open()
      await migrate(sql)
    })
    afterAll(async () => {
      await sql.close()
      await database.drop()
    })
    beforeEach(async () => {
      for (const table of ['entries', 'sales', 'held_seats', 'tickets'] as const) await sql.db.deleteFrom(table).execute()
    })

    const inTransaction = <T>(work: (trx: Parameters<Parameters<ReturnType<Sql['db']['transaction']>['execute']>[0]>[0]) => Promise<T>) =>
      sql.db.transaction().execute(work)

    describe('insertOnce', () => {
      const entry = (position: number, body = 'first'): Row => ({ shard: 's', first: position, last: position, body })
      const bodies = async () => (await sql.db.selectFrom('entries').select('body').orderBy('first').execute()).map(({ body }) => body)
      const insert = (...rows: Row[]) => inTransaction((trx) => sql.insertOnce(trx, 'entries', rows))

      test('says of each row, in order, whether it was new', async () => {
        expect(await insert(entry(1), entry(2))).toEqual([true, true])
        expect(await insert(entry(2), entry(3), entry(1), entry(4))).toEqual([false, true, false, true])
      })

      test('leaves a row as it was first, also within one call', async () => {
        expect(await insert(entry(1), entry(1, 'second'))).toEqual([true, false])
        expect(await insert(entry(1, 'third'))).toEqual([false])
        expect(await bodies()).toEqual(['first'])
      })

      test('a unique index counts like the primary key, and null is like no other null', async () => {
        const rows = [ticket('t1', 1), ticket('t2', 1), ticket('t3', null), ticket('t4', null), ticket('t1', null)]
        expect(await inTransaction((trx) => sql.insertOnce(trx, 'tickets', rows))).toEqual([true, false, true, true, false])
      })

      test('takes thousands of rows, long texts and every character', async () => {
        const rows = Array.from({ length: 3000 }, (_, i) => entry(i + 1, `${i} é 🎟 " ' \\ \n %`))
        expect((await insert(...rows)).every(Boolean)).toBe(true)
        expect(await bodies()).toEqual(rows.map(({ body }) => body))
        const long = 'x'.repeat(200_000)
        await insert(entry(5000, long))
        expect((await bodies()).at(-1)).toBe(long)
      })

      test('takes no rows', async () => {
        expect(await insert()).toEqual([])
      })

      test('what its transaction takes back was never there', async () => {
        const failed = inTransaction(async (trx) => {
          await sql.insertOnce(trx, 'entries', [entry(1)])
          throw new Error('taken back')
        })
        await expect(failed).rejects.toThrow('taken back')
        expect(await insert(entry(1))).toEqual([true])
      })
    })

    describe('numbers, texts and order', () => {
      test('numbers come back as numbers, also large ones, sums and counts', async () => {
        const row = { event_id: 'e', dimension: 'row' as const, sold: 2, revenue: 4_000_000_000_000_001 }
        await inTransaction((trx) =>
          sql.insertOnce(
            trx,
            'sales',
            ['A', 'B'].map((value) => ({ ...row, value })),
          ),
        )
        const sums = sql.db
          .selectFrom('sales')
          .select((eb) => [eb.fn.sum('sold').as('sold'), eb.fn.sum('revenue').as('revenue'), eb.fn.countAll().as('n')])
        expect(await sums.execute()).toEqual([{ sold: 4, revenue: 8_000_000_000_000_002, n: 2 }])
        const query = sql.db.selectFrom('sales').select(['value', 'sold', 'revenue']).where('value', '=', '').compile()
        expect(await sql.read(query, ['A'])).toMatchObject([{ value: 'A', sold: 2, revenue: 4_000_000_000_000_001 }])
        expect(await sql.read(query, ['B'])).toHaveLength(1)
      })

      test('ids that differ in case or accent only are different ids', async () => {
        const rows = ['e', 'E', 'é'].map((shard): Row => ({ shard, first: 1, last: 1, body: shard }))
        expect(await inTransaction((trx) => sql.insertOnce(trx, 'entries', rows))).toEqual([true, true, true])
        expect(await sql.db.selectFrom('entries').select('body').where('shard', '=', 'E').execute()).toEqual([{ body: 'E' }])
      })

      test('a text of 5 MB comes back whole', async () => {
        const body = 'Ödipus 🎟 '.repeat(500_000)
        await inTransaction((trx) => sql.insertOnce(trx, 'entries', [{ shard: 's', first: 1, last: 1, body }]))
        expect((await sql.db.selectFrom('entries').select('body').executeTakeFirstOrThrow()).body === body).toBe(true)
      })
    })

    describe('snapshot', () => {
      const add = (value: string) =>
        sql.db.insertInto('sales').values({ event_id: 'e', dimension: 'row', value, sold: 1, revenue: 1 }).execute()

      test('reads of one moment, whatever is written meanwhile', async () => {
        await add('A')
        const counts = await sql.snapshot(async (trx) => {
          const values = () => trx.selectFrom('sales').select('value').execute()
          const before = await values()
          await add('B')
          return [before.length, (await values()).length]
        })
        expect(counts).toEqual([1, 1])
        expect(await sql.snapshot((trx) => trx.selectFrom('sales').selectAll().execute())).toHaveLength(2)
      })

      test('waits for nobody who writes', async () => {
        await add('A')
        const seen = await sql.write(async (trx) => {
          await trx.updateTable('sales').set({ sold: 2 }).execute()
          return sql.snapshot((other) => other.selectFrom('sales').select('sold').execute())
        })
        expect(seen).toEqual([{ sold: 1 }])
      })
    })

    describe('write', () => {
      test('any other failure is passed on at once', async () => {
        let times = 0
        const failed = sql.write(async () => {
          times++
          throw new Error('not to be mended')
        })
        await expect(failed).rejects.toThrow('not to be mended')
        expect(times).toBe(1)
      })
    })

    describe('add', () => {
      const sum = (value: string, sold: number, revenue: number): Row => ({ event_id: 'e', dimension: 'row', value, sold, revenue })
      const add = (...rows: Row[]) => inTransaction((trx) => sql.add(trx, 'sales', ['event_id', 'dimension', 'value'], rows))
      const sums = async () =>
        (await sql.db.selectFrom('sales').select(['value', 'sold', 'revenue']).orderBy('value').execute()).map(
          ({ value, sold, revenue }) => `${value} ${sold} ${revenue}`,
        )

      test('begins a missing row with what it adds, and adds to one that is there, column by column', async () => {
        await add(sum('A', 1, 500), sum('B', 2, 600))
        await add(sum('B', 3, -100), sum('C', 1, 1))
        expect(await sums()).toEqual(['A 1 500', 'B 5 500', 'C 1 1'])
      })

      test('adds each row of one call, also two for the same counter', async () => {
        await add(sum('A', 1, 500), sum('A', 2, 700), sum('A', -1, -500))
        expect(await sums()).toEqual(['A 2 700'])
      })

      test('carries sums beyond 32 bits exactly', async () => {
        await add(sum('A', 1, 9_000_000_000_000))
        await add(sum('A', 1, 1))
        expect(await sums()).toEqual(['A 2 9000000000001'])
      })

      test('takes no rows', async () => {
        await add()
        expect(await sums()).toEqual([])
      })
    })

    describe('putNewest', () => {
      const held = (column_: number, position: number, expires_at: string | null): Row => ({
        event_id: 'e',
        zone_id: 1,
        row_: 'A',
        column_,
        position,
        held: expires_at === null ? 0 : 1,
        expires_at,
      })
      const put = (...rows: Row[]) =>
        inTransaction((trx) => sql.putNewest(trx, 'held_seats', ['event_id', 'zone_id', 'row_', 'column_'], rows))
      const words = async () =>
        (await sql.db.selectFrom('held_seats').selectAll().orderBy('column_').execute()).map(
          ({ column_, position, held, expires_at }) => `${column_}: ${position} ${held} ${expires_at}`,
        )

      test('writes what is new or newer, and leaves what is as new or newer already', async () => {
        await put(held(1, 5, 'x'), held(2, 5, 'x'), held(3, 5, 'x'))
        await put(held(1, 4, null), held(2, 5, null), held(3, 6, null), held(4, 1, null))
        expect(await words()).toEqual(['1: 5 1 x', '2: 5 1 x', '3: 6 0 null', '4: 1 0 null'])
      })

      test('of several words on one row in one call the newest stays, in whatever order they come', async () => {
        await put(held(1, 2, 'b'), held(1, 3, 'c'), held(1, 1, 'a'))
        expect(await words()).toEqual(['1: 3 1 c'])
      })

      test('takes no rows', async () => {
        await put()
        expect(await words()).toEqual([])
      })
    })

    describe('migrations', () => {
      async function openFresh(): Promise<Sql & AsyncDisposable> {
        const own = await newDatabase()
        const fresh = await own.open()
        return Object.assign(fresh, { [Symbol.asyncDispose]: () => fresh.close().then(own.drop) })
      }
      const names = readdirSync(MIGRATIONS)
        .filter((file) => /^\d{4}-.*\.ts$/.test(file))
        .sort()

      test('every file is listed, runs once, and says what is missing until it has run', async () => {
        await using fresh = await openFresh()
        expect(await missingMigrations(fresh)).toEqual(names.map((file) => file.replace('.ts', '')))
        await migrate(fresh)
        expect(await missingMigrations(fresh)).toEqual([])
        await migrate(fresh)
      })

      test('go up, down and up again', async () => {
        await using fresh = await openFresh()
        const migrations = (await Promise.all(names.map((file) => import(/* @vite-ignore */ resolve(MIGRATIONS, file))))) as {
          up(db: unknown): Promise<void>
          down(db: unknown): Promise<void>
        }[]
        const tables = async () => (await fresh.db.introspection.getTables()).map((table) => table.name)
        for (const { up } of migrations) await up(fresh.db)
        const all = await tables()
        expect(all).toContain('tickets')
        for (const { down } of migrations.toReversed()) await down(fresh.db)
        expect(await tables()).toEqual([])
        for (const { up } of migrations) await up(fresh.db)
        expect(await tables()).toEqual(all)
      })
    })
  })
}

function ticket(ticket_id: string, living: 1 | null): Row {
  const price = { price: 1, currency: 'CAD', created_on: '2027-01-15T12:00:00.000Z' }
  const place = { venue_id: 'v', event_id: 'e', zone_id: 1, row_: 'A', column_: 1 }
  return { position: 1, shard: 's', ticket_id, ...place, status: living ? 'PAID' : 'REFUNDED', living, ...price }
}

/** How a server names the connections that it has, limits its statements in one, and ends one. `limit`: one of these it understands. */
export type Sessions = { own: string; list: string; limit: string[]; end: string }

/** What only servers can do wrong, with many writers and columns of a size. */
export function serverConformance(name: string, newDatabase: NewDatabase, sessions: Sessions): void {
  describe(`${name} as a server`, () => {
    let database: TestDatabase
    let sql: Sql
    beforeAll(async () => {
      database = await newDatabase()
      sql = await database.open()
      await migrate(sql)
    })
    afterAll(async () => {
      await sql.close()
      await database.drop()
    })

    test('a text too long for its column is refused, never cut', async () => {
      const long: Row = { shard: 'x'.repeat(65), first: 1, last: 1, body: '' }
      await expect(sql.write((trx) => sql.insertOnce(trx, 'entries', [long]))).rejects.toThrow(/too long/i)
    })

    test('a question that takes longer than it may counts as unanswered, and a wrong one does not', async () => {
      const own = await database.open()
      const late = own.db.connection().execute(async (db) => {
        for (const limit of sessions.limit)
          await raw
            .raw(limit)
            .execute(db)
            .catch(() => undefined)
        // No index helps: many times all of the server's own columns.
        const columns = 'information_schema.columns'
        await raw.raw(`select count(*) from ${columns} a, ${columns} b, ${columns} c where a.column_name < b.column_name`).execute(db)
      })
      expect(isAway(await late.catch((error: unknown) => error))).toBe(true)
      await own.close()
      expect(
        isAway(
          await raw
            .raw('select nothing')
            .execute(sql.db)
            .catch((error: unknown) => error),
        ),
      ).toBe(false)
    })

    test('two that lock each other out both end, and what they add is added once', async () => {
      const sum = (value: string): Row => ({ event_id: 'e', dimension: 'row', value, sold: 1, revenue: 1 })
      const keys = ['event_id', 'dimension', 'value']
      let met: () => void
      let inside = 0
      const bothInside = new Promise<void>((resolve) => {
        met = resolve
      })
      const crosswise = (first: string, second: string) =>
        sql.write(async (trx) => {
          await sql.add(trx, 'sales', keys, [sum(first)])
          if (++inside === 2) met()
          await bothInside
          await sql.add(trx, 'sales', keys, [sum(second)])
        })
      await Promise.all([crosswise('A', 'B'), crosswise('B', 'A')])
      expect(inside).toBeGreaterThan(2)
      expect(await sql.db.selectFrom('sales').select(['value', 'sold']).orderBy('value').execute()).toEqual([
        { value: 'A', sold: 2 },
        { value: 'B', sold: 2 },
      ])
    })

    test('a connection that breaks while its transaction asks nothing fails that transaction and nothing else', async () => {
      const other = await database.open()
      const ids = async (of: Sql['db'], question: string) =>
        (await raw.raw<{ id: number }>(question).execute(of)).rows.map(({ id }) => Number(id))
      const broken = sql.write(async (trx) => {
        const [id] = await ids(trx, sessions.own)
        await raw.raw(sessions.end.replace('<id>', String(id))).execute(other.db)
        await until('the server has ended it', async () => !(await ids(other.db, sessions.list)).includes(Number(id)))
        await trx.selectFrom('sales').selectAll().execute()
      })
      await expect(broken).rejects.toThrow()
      await other.close()
      expect(await sql.db.selectFrom('conflicts').selectAll().execute()).toEqual([])
    })
  })
}
