/** Databases of their own for tests, on the servers that the environment names. */
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql as raw } from 'kysely'
import { expect, test } from 'vitest'
import { openSql } from '../src/adapters.ts'
import type { Sql } from '../src/sql/sql.ts'

/** `open` opens the same database again; `drop` takes it away when all is closed. */
export type TestDatabase = { url: string; open(): Promise<Sql>; drop(): Promise<void> }
export type NewDatabase = () => Promise<TestDatabase>

export const newSqlite: NewDatabase = async () => {
  const folder = mkdtempSync(join(tmpdir(), 'onsale-sql-'))
  const url = `sqlite:${join(folder, 'made', 'on', 'the way', 'read.db')}`
  return { url, open: () => openSql(url), drop: async () => rmSync(folder, { recursive: true, force: true }) }
}

/** Runs `suite` where the variable names a server. Without it there is nothing to test on a laptop, and a test that fails in CI. */
export async function onServer(variable: 'POSTGRES_URL' | 'MYSQL_URL', suite: (newDatabase: NewDatabase) => unknown): Promise<void> {
  const server = process.env[variable]
  if (server) await suite(() => createOn(server))
  else if (process.env.CI) test(`${variable} names a server`, () => expect(server).toBeTruthy())
  else {
    console.log(`${variable} is not set: this engine is not tested.`)
    // A file without any test would count as broken.
    test.skip(`${variable} names a server`)
  }
}

async function createOn(server: string): Promise<TestDatabase> {
  const name = `onsale_test_${randomBytes(6).toString('hex')}`
  await command(server, `create database ${name}`)
  const url = new URL(server)
  url.pathname = `/${name}`
  return { url: url.href, open: () => openSql(url.href), drop: () => command(server, `drop database ${name}`) }
}

async function command(server: string, text: string): Promise<void> {
  const sql = await openSql(server)
  await raw.raw(text).execute(sql.db)
  await sql.close()
}
