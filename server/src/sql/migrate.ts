/** Migrations in order, once each, with their history in the database. Embedded databases run them at start. */
import { type Migration, type MigrationResultSet, Migrator } from 'kysely/migration'
import * as seatPath from './migrations/0001-seat-path.ts'
import type { Sql } from './sql.ts'

/** Imported by name, so that what runs is what is listed. `onsale migrate new` adds to it. */
const MIGRATIONS: Record<string, Migration> = {
  '0001-seat-path': seatPath,
}

/** Runs what is missing; the names of what ran. */
export async function migrate({ db }: Sql): Promise<string[]> {
  return namesOf(await migratorOf(db).migrateToLatest())
}

/** Undoes the last one; its name, or none when there was nothing to undo. */
export async function migrateDown({ db }: Sql): Promise<string[]> {
  return namesOf(await migratorOf(db).migrateDown())
}

/** Every migration that this version has, and when the database ran it. */
export async function migrationHistory({ db }: Sql): Promise<{ name: string; executedAt: string | null }[]> {
  const all = await migratorOf(db).getMigrations()
  return all.map(({ name, executedAt }) => ({ name, executedAt: executedAt?.toISOString() ?? null }))
}

/** Names of migrations that this version has and the database does not. */
export async function missingMigrations(sql: Sql): Promise<string[]> {
  return (await migrationHistory(sql)).filter(({ executedAt }) => executedAt === null).map(({ name }) => name)
}

function migratorOf(db: Sql['db']): Migrator {
  return new Migrator({ db, provider: { getMigrations: async () => MIGRATIONS } })
}

function namesOf({ error, results = [] }: MigrationResultSet): string[] {
  if (error) throw error
  return results.map(({ migrationName }) => migrationName)
}
