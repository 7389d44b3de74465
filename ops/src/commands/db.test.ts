/** `onsale db` as an operator runs it, and what must not get through it. */
import { DatabaseSync } from 'node:sqlite'
import { beforeAll, expect, it } from 'vitest'
import { dataFolder, jsonOf, onsaleIn } from '../../test/onsale.ts'
import { answerTo, refusedWord } from '../read-only-query.ts'

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
