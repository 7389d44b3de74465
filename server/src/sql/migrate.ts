/** Migrations in order, once each, with their history in the database. Embedded databases run them at start. */
import { type Migration, Migrator } from 'kysely/migration'
import * as seatPath from './migrations/0001-seat-path.ts'
import type { Sql } from './sql.ts'

/** Imported by name, so that what runs is what is listed. */
const MIGRATIONS: Record<string, Migration> = { '0001-seat-path': seatPath }

export async function migrate({ db }: Sql): Promise<void> {
  const { error } = await migratorOf(db).migrateToLatest()
  if (error) throw error
}

/** Names of migrations that this version has and the database does not. */
export async function missingMigrations({ db }: Sql): Promise<string[]> {
  const all = await migratorOf(db).getMigrations()
  return all.filter(({ executedAt }) => !executedAt).map(({ name }) => name)
}

function migratorOf(db: Sql['db']): Migrator {
  return new Migrator({ db, provider: { getMigrations: async () => MIGRATIONS } })
}
