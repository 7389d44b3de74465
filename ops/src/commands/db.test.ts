/** `onsale db` as an operator runs it, and what must not get through it. */
import { DatabaseSync } from 'node:sqlite'
import { importEvent, importVenue } from '@onsale/server/catalogue/import'
import { migrate } from '@onsale/server/sql/migrate'
import { readOnly } from '@onsale/server/sql/read-only'
import type { Sql } from '@onsale/server/sql/sql'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type NewDatabase, onServer, type TestDatabase } from '../../../server/test/databases.ts'
import { event, HALL } from '../../../server/test/house.ts'
import { dataFolder, jsonOf, onsaleIn } from '../../test/onsale.ts'
import { answerTo, limits, refusedWord } from '../read-only-query.ts'
import { askServer } from '../server-query.ts'

let dataDir = ''
beforeAll(async () => {
  dataDir = await dataFolder()
  await jsonOf(dataDir, ['seed', '--preset', '100k'])
})

it('tables have their rows and bytes, a table its columns, a select its rows', async () => {
  const { tables } = await jsonOf<{ tables: { table: string; rows: number; bytes: number }[] }>(dataDir, ['db', 'tables'])
  expect(tables.find(({ table }) => table === 'zones')).toMatchObject({ table: 'zones', rows: 100 })
  expect(tables.find(({ table }) => table === 'zones')?.bytes).toBeGreaterThan(4096)
  const { columns } = await jsonOf<{ columns: unknown[] }>(dataDir, ['db', 'schema', 'tickets'])
  expect(columns).toContainEqual({ table: 'tickets', column: 'living', type: expect.stringMatching(/integer/i), nullable: true })
  expect(await onsaleIn(dataDir, ['db', 'schema', 'nothing'])).toMatchObject({ code: 2, out: '' })

  const select = "select zone_id, price from event_zones where event_id = 'Seed-100k-1' order by zone_id desc limit 2"
  const rows = [
    { zone_id: 100, price: 6500 },
    { zone_id: 99, price: 6500 },
  ]
  expect(await jsonOf(dataDir, ['db', 'query', select])).toEqual({ rows, more: false })
  expect((await onsaleIn(dataDir, ['db', 'query', select])).out).toBe('zone_id  price\n-------  -----\n    100   6500\n     99   6500\n')
})

it('an answer ends at 1,000 rows', () => {
  const select = 'select 1 from zones a, zones b'
  const many = answerTo(`${dataDir}/read.db`, select)
  expect('rows' in many && many.rows).toHaveLength(1000)
  expect(many).toMatchObject({ more: true })
  expect(answerTo(`${dataDir}/read.db`, `${select} limit 1000`)).toMatchObject({ more: false })
})

it('a select that has no end ends after 5 seconds', async () => {
  const endless = 'with recursive n(i) as (select 1 union all select i + 1 from n) select count(*) from n'
  const said = await onsaleIn(dataDir, ['db', 'query', endless])
  expect(said).toMatchObject({ code: 1, out: '', err: 'No answer within 5 seconds: ask for less.\n' })
})

it('passwords and tokens read as null, under any name and through any view', () => {
  const file = `${dataDir}/secrets.db`
  const database = new DatabaseSync(file)
  database.exec("create table people (email text, password_hash text); insert into people values ('a@b.c', 'hidden')")
  database.exec("create table sessions (id text); insert into sessions values ('hidden')")
  database.exec('create view seen as select email, password_hash as harmless from people')
  database.close()
  for (const select of [
    'select * from people',
    'select password_hash as a from people',
    'select upper("password_hash") from people',
    'select * from seen',
    "select max(email) from people where password_hash like 'h%'",
    'select id from sessions',
    'with x(y) as (select password_hash from people) select * from x',
    "select json_group_array(password_hash) from people union select 'b'",
  ]) {
    const said = JSON.stringify(answerTo(file, select)).toLowerCase()
    expect(said, select).not.toContain('hidden')
    expect(said, select).toContain('null')
  }
})

it.for([
  'delete from events',
  'with x as (select 1) delete from events',
  'select 1; drop table events',
  "select 1 -- '\n; drop table events",
  'pragma writable_schema = 1',
  "attach 'other.db' as other",
  'explain analyze delete from events',
  'insert into events select * from events',
  'vacuum into "/tmp/x"',
  "select 1 /* ; */ ; /* '*/ update events set active = 0",
])('%j is wrong use by its words', (select) => {
  expect(refusedWord(select)).toBeDefined()
})

it.for([
  'select "update" from x',
  "select 'drop table; --' as a",
  'select updated, created_on from x',
  'values (1);',
  'WITH x AS (SELECT 1) SELECT * FROM x',
])('%j is a select by its words', (select) => {
  expect(refusedWord(select)).toBeUndefined()
})

it.for([
  "select * from pragma_table_info('events')",
  "select load_extension('x')",
  'delete from events',
  'create table x (y)',
  'update events set active = 0 returning event_id',
])('%j does not get through the connection either', (select) => {
  expect(() => answerTo(`${dataDir}/read.db`, select)).toThrow(/not authorized/)
})

it('what is no select is wrong use, and what SQLite refuses is told', async () => {
  expect(await onsaleIn(dataDir, ['db', 'query', 'delete from events'])).toMatchObject({ code: 2, out: '' })
  expect(await onsaleIn(dataDir, ['db', 'query', 'select absent'])).toMatchObject({ code: 1, out: '', err: 'no such column: absent\n' })
})

await onServer('POSTGRES_URL', (newDatabase) => ofServer('PostgreSQL', newDatabase))
await onServer('MYSQL_URL', (newDatabase) => ofServer('MySQL', newDatabase))

function ofServer(name: string, newDatabase: NewDatabase): void {
  describe(`of ${name}`, () => {
    let database: TestDatabase
    let sql: Sql
    beforeAll(async () => {
      database = await newDatabase()
      sql = await database.open()
      await migrate(sql)
      await importVenue(sql, HALL)
      await importEvent(sql, event('Show'), Date.now())
      await sql.db.schema.createTable('people').addColumn('email', 'varchar(20)').addColumn('password_hash', 'varchar(20)').execute()
      await sql.db.schema
        .createView('seen')
        .as(sql.db.selectFrom('people' as 'events').select('password_hash as harmless' as 'name'))
        .execute()
    })
    afterAll(async () => {
      await sql.close()
      await database.drop()
    })
    const onsale = (...args: string[]) => onsaleIn(dataDir, ['db', ...args], { env: { DATABASE_URL: database.url } })
    const ask = (select: string) => askServer(sql, select, { ...limits, ms: 1000 })

    it('tables have their rows and bytes, a table its columns, a select its rows, and every migration is told', async () => {
      const { tables } = JSON.parse((await onsale('tables', '--json')).out) as { tables: { table: string; rows: number; bytes: number }[] }
      expect(tables.find(({ table }) => table === 'zones')).toMatchObject({ table: 'zones', rows: 3 })
      expect(tables.find(({ table }) => table === 'zones')?.bytes).toBeGreaterThan(0)
      expect(tables.map(({ table }) => table)).toContain('tickets')
      const { columns } = JSON.parse((await onsale('schema', 'tickets', '--json')).out) as { columns: unknown[] }
      expect(columns).toContainEqual({ table: 'tickets', column: 'living', type: expect.stringMatching(/int/i), nullable: true })
      const rows = [
        { zone_id: 3, price: 2000 },
        { zone_id: 2, price: 3000 },
      ]
      const select = "select zone_id, price from event_zones where event_id = 'Show' order by zone_id desc limit 2;"
      expect(JSON.parse((await onsale('query', select, '--json')).out)).toEqual({ rows, more: false })
      const { migrations } = JSON.parse((await onsale('migrations', '--json')).out) as { migrations: { executedAt: string | null }[] }
      expect(migrations.filter(({ executedAt }) => executedAt === null)).toEqual([])
    })

    it('an answer ends at 1,000 rows, and after its time', async () => {
      const many = 'select 1 as a from zones a, zones b, zones c, zones d, zones e, zones f, zones g'
      for (const select of [many, `${many} limit 1500`]) {
        const { rows, more } = await ask(select)
        expect(rows).toHaveLength(1000)
        expect(more).toBe(true)
      }
      expect(await ask(`${many} limit 1000`)).toMatchObject({ more: false })
      const crowd = Array.from({ length: 18 }, (_, i) => `zones z${i}`).join(', ')
      await expect(ask(`select count(*) as n from ${crowd}`)).rejects.toThrow('No answer within 1 seconds: ask for less.')
    })

    it('nothing is changed, even where the words let it through', async () => {
      await expect(readOnly(sql, { select: 'select event_id from events for update', functions: [] }, limits, () => {})).rejects.toThrow(
        /read.only/i,
      )
      expect(refusedWord("select nextval('tickets_number_seq')")).toBeUndefined()
      await expect(ask("select nextval('tickets_number_seq')")).rejects.toThrow()
      for (const select of ['select "pg_sleep"(1)', 'select `sleep`(1)', 'explain select 1'])
        await expect(ask(select), select).rejects.toThrow(/without quotes|selects only/)
    })

    it('what would read a secret is refused, under any name and through any view', async () => {
      for (const select of [
        'select * from people',
        'select password_hash as a from people',
        'select * from seen',
        "select max(email) as a from people where password_hash like 'h%'",
        'with x(y) as (select password_hash from people) select * from x',
      ])
        await expect(ask(select), select).rejects.toThrow('what is kept secret')
      if (name === 'PostgreSQL') {
        await expect(ask('select people from people')).rejects.toThrow('Whole rows')
        await expect(ask('select pg_terminate_backend /* */ (1)')).rejects.toThrow('pg_terminate_backend may change something')
      }
      expect(await ask("select email from people where email <> 'token'")).toEqual({ rows: [], more: false })
      expect(await ask('select a.name from events a join venues b on a.venue_id = b.venue_id')).toMatchObject({
        rows: [{ name: 'The Show' }],
      })
    })
  })
}
