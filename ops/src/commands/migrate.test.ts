/** `onsale migrate` as an operator runs it, and the file that `new` writes. */
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { openSql } from '@onsale/server/adapters'
import { migrate, missingMigrations } from '@onsale/server/sql/migrate'
import type { Sql } from '@onsale/server/sql/sql'
import { expect, it, onTestFinished } from 'vitest'
import { dataFolder, jsonOf, onsaleIn } from '../../test/onsale.ts'
import { writeMigration } from '../new-migration.ts'

const ROOT = resolve(import.meta.dirname, '../../..')
type History = { migrations: { name: string; executedAt: string | null }[] }

it('up runs what is missing once, and history tells when', async () => {
  const dataDir = await dataFolder()
  const { ran } = await jsonOf<{ ran: string[] }>(dataDir, ['migrate', 'up'])
  expect(ran).toContain('0001-seat-path')
  expect(await jsonOf(dataDir, ['migrate', 'up'])).toEqual({ ran: [] })
  const { migrations } = await jsonOf<History>(dataDir, ['db', 'migrations'])
  expect(migrations.map(({ name }) => name)).toEqual(ran)
  for (const { executedAt } of migrations) expect(Date.parse(executedAt ?? '')).toBeGreaterThan(Date.now() - 60_000)
})

it('down undoes the last one when it is told so in its words, and status tells what is missing then', async () => {
  const dataDir = await dataFolder()
  const sql = await openSql(`sqlite:${dataDir}/read.db`)
  onTestFinished(() => sql.close())
  const last = (await migrate(sql)).at(-1) as string
  for (const typed of ['', 'yes\n']) expect(await onsaleIn(dataDir, ['migrate', 'down'], { typed })).toMatchObject({ code: 2, out: '' })
  expect(await onsaleIn(dataDir, ['migrate', 'down', '--yes'], { env: { NODE_ENV: 'production' } })).toMatchObject({ code: 1, out: '' })
  expect(await missingMigrations(sql)).toEqual([])

  expect(await onsaleIn(dataDir, ['migrate', 'down'], { typed: `${last}\n` })).toMatchObject({ code: 0, out: `${last} is undone.\n` })
  expect(await missingMigrations(sql)).toEqual([last])
  const after = await jsonOf<History>(dataDir, ['migrate', 'history'], 1)
  expect(after.migrations.at(-1)).toEqual({ name: last, executedAt: null })
  const { problems } = await jsonOf<{ problems: string[] }>(dataDir, ['status'], 1)
  expect(problems).toEqual([expect.stringContaining(last)])
})

it('new writes the next number and lists it, and what it wrote runs and can be undone', async () => {
  // In the tree, so that the copy finds kysely; in a folder that git does not see.
  const folder = await mkdtemp(join(ROOT, 'node_modules', '.onsale-sql-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  await cp(resolve(ROOT, 'server/src/sql'), folder, { recursive: true })
  const dataDir = await dataFolder()
  const sql = await openSql(`sqlite:${dataDir}/read.db`)
  onTestFinished(() => sql.close())
  const before = ((await import(join(folder, 'migrate.ts?before'))) as typeof import('@onsale/server/sql/migrate')).migrationHistory(sql)
  const count = (await before).length

  const name = `${String(count + 1).padStart(4, '0')}-door-codes`
  expect(await writeMigration(folder, 'door-codes')).toBe(join(folder, 'migrations', `${name}.ts`))
  await expect(writeMigration(folder, 'door-codes')).rejects.toThrow('There is a migration of that name')
  expect(await readFile(join(folder, 'migrate.ts'), 'utf8')).toContain(`import * as doorCodes from './migrations/${name}.ts'\n`)

  const after = (await import(join(folder, 'migrate.ts?after'))) as typeof import('@onsale/server/sql/migrate')
  expect((await after.migrate(sql)).at(-1)).toBe(name)
  expect(await columnsOf(sql)).toContain('name_it')
  expect(await after.migrateDown(sql)).toEqual([name])
  expect(await columnsOf(sql)).not.toContain('name_it')
})

it('new refuses a name that is none', async () => {
  expect(await onsaleIn(await dataFolder(), ['migrate', 'new', '../Oops'])).toMatchObject({ code: 2, out: '' })
})

async function columnsOf(sql: Sql): Promise<string[]> {
  const tables = await sql.db.introspection.getTables()
  return (tables.find(({ name }) => name === 'events')?.columns ?? []).map(({ name }) => name)
}
