/** The read database of a command: one that exists, so that a wrong DATA_DIR does not look like an empty house. */
import { existsSync } from 'node:fs'
import { openSql, pathOf } from '@onsale/server/adapters'
import { missingMigrations } from '@onsale/server/sql/migrate'
import type { Sql } from '@onsale/server/sql/sql'

export const isFile = (url: string): boolean => url.startsWith('sqlite:')

/** As it may be shown: without user, password and settings. */
export const placeOf = (url: string): string => (isFile(url) ? pathOf(url) : url.replace(/\/\/.*@/, '//').replace(/\?.*/, ''))

/** Opens, works and closes. */
export async function withDatabase<T>(url: string, work: (sql: Sql) => Promise<T>): Promise<T> {
  if (isFile(url) && !existsSync(pathOf(url))) throw new Error(`${pathOf(url)} does not exist. Is DATA_DIR right?`)
  const sql = await openSql(url)
  return work(sql).finally(() => sql.close())
}

export async function refuseUnmigrated(sql: Sql): Promise<void> {
  const missing = await missingMigrations(sql)
  if (missing.length > 0) throw new Error(`The database misses migrations (${missing.join(', ')}): run onsale migrate up.`)
}
