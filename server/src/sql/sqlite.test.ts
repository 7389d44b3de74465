import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, expect, test } from 'vitest'
import { newSqlite } from '../../test/databases.ts'
import { migrate } from './migrate.ts'
import { isAway } from './pool.ts'
import { sqlConformance } from './sql.conformance.ts'
import { openSqlite } from './sqlite.ts'

const folder = mkdtempSync(join(tmpdir(), 'onsale-sql-'))
let files = 0
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const newFile = (): string => join(folder, 'made', 'on', 'the way', `${++files}.db`)

sqlConformance('SQLite', newSqlite)

test('what was committed is there when the file is opened again', async () => {
  const path = newFile()
  const first = openSqlite(path)
  await migrate(first)
  await first.db.insertInto('positions').values({ shard: 's', stored: 7 }).execute()
  await first.close()
  const again = openSqlite(path)
  expect(await again.db.selectFrom('positions').selectAll().execute()).toEqual([{ shard: 's', stored: 7 }])
  await again.close()
})

test('a file that somebody else writes counts as unanswered, and a wrong question does not', () => {
  const path = newFile()
  void openSqlite(path).close()
  const [one, other] = [new DatabaseSync(path), new DatabaseSync(path, { timeout: 0 })]
  const faultOf = (question: string): unknown => {
    try {
      other.exec(question)
    } catch (error) {
      return error
    }
  }
  one.exec('begin immediate')
  expect(isAway(faultOf('begin immediate'))).toBe(true)
  expect(isAway(faultOf('select nothing'))).toBe(false)
  for (const database of [one, other]) database.close()
})

test('more shapes of statements than are kept prepared still work, the oldest too', async () => {
  const sql = openSqlite(newFile())
  await migrate(sql)
  const ask = (n: number) =>
    sql.db
      .selectFrom('positions')
      .selectAll()
      .where(
        'stored',
        'in',
        Array.from({ length: n }, (_, i) => i),
      )
      .execute()
  for (let n = 1; n <= 400; n++) expect(await ask(n)).toEqual([])
  expect(await ask(1)).toEqual([])
  await sql.close()
})
