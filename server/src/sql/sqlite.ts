/** SQLite as the read side: node:sqlite under Kysely, and the projector's statements prepared by hand (Kysely: 8 us a row more). */
import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import { Kysely, type SqliteDatabase, SqliteDialect } from 'kysely'
import type { Schema } from './schema.ts'
import type { Row, Sql } from './sql.ts'

export function openSqlite(path: string): Sql {
  if (path !== ':memory:') mkdirSync(dirname(path), { recursive: true })
  const database = new DatabaseSync(path, { timeout: 5000 })
  database.exec('pragma page_size = 4096; pragma journal_mode = wal; pragma synchronous = full; pragma wal_autocheckpoint = 16000;')
  // With SQLite's own 2 MB, the pages of the seat index are read anew for every batch: 16.4 us an entry instead of 13.9.
  database.exec('pragma cache_size = -24000;')
  // SQLite's own knows A to Z only, and a search has to find Ödipus.
  database.function('lower', { deterministic: true }, (text) => (typeof text === 'string' ? text.toLowerCase() : text))
  const prepare = cached(database)
  // A transaction that reads first and writes later is refused at once when another process wrote in between, whatever the timeout.
  const db = new Kysely<Schema>({ dialect: new SqliteDialect({ database: adapted(database, prepare, 'begin immediate') }) })
  // A connection of its own: the other one may be in the midst of a transaction that began before what a reader waits for.
  const reader = path === ':memory:' ? database : new DatabaseSync(path, { readOnly: true, timeout: 5000 })
  const prepareRead = cached(reader)
  // One that only reads takes no lock: with it, an event waited for the projector's batch, and the whole process with it, up to five seconds.
  const snapshots = path === ':memory:' ? db : readingOf(path)
  return {
    db,
    locksRows: false,
    snapshot: (work) => snapshots.transaction().execute(work),
    write: (work) => db.transaction().execute(work),
    read: async <T>({ sql }: { sql: string }, parameters: readonly (string | number)[]) => prepareRead(sql).all(...parameters) as T[],
    async insertOnce(_, table, rows) {
      if (rows.length === 0) return []
      const [columns, marks] = listed(rows)
      const insert = prepare(`insert into ${table} (${columns}) values (${marks}) on conflict do nothing`)
      return rows.map((row) => insert.run(...Object.values(row)).changes === 1)
    },
    async add(_, table, keys, rows) {
      if (rows.length === 0) return
      const [columns, marks, names] = listed(rows)
      const sums = names.filter((name) => !keys.includes(name)).map((name) => `${name} = ${name} + excluded.${name}`)
      const upsert = prepare(
        `insert into ${table} (${columns}) values (${marks}) on conflict (${keys.join(', ')}) do update set ${sums.join(', ')}`,
      )
      for (const row of rows) upsert.run(...Object.values(row))
    },
    async putNewest(_, table, keys, rows) {
      if (rows.length === 0) return
      const [columns, marks, names] = listed(rows)
      const sets = names.filter((name) => !keys.includes(name)).map((name) => `${name} = excluded.${name}`)
      const upsert = prepare(
        `insert into ${table} (${columns}) values (${marks}) on conflict (${keys.join(', ')}) do update set ${sets.join(', ')} where excluded.position > ${table}.position`,
      )
      for (const row of rows) upsert.run(...Object.values(row))
    },
    async close() {
      if (reader !== database) reader.close()
      if (snapshots !== db) await snapshots.destroy()
      await db.destroy()
    },
  }
}

function listed(rows: readonly Row[]): [columns: string, marks: string, names: string[]] {
  const names = Object.keys(rows[0] as Row)
  return [names.join(', '), names.map(() => '?').join(', '), names]
}

/** At most some hundred shapes of statement exist; a list filter with many sizes would be the exception, so the oldest goes. */
function cached(database: DatabaseSync): (sql: string) => StatementSync {
  const statements = new Map<string, StatementSync>()
  return (sql) => {
    let statement = statements.get(sql)
    if (!statement) {
      statement = database.prepare(sql)
      if (statements.size >= 300) statements.delete(statements.keys().next().value as string)
      statements.set(sql, statement)
    }
    return statement
  }
}

/** Opened when it is first asked. */
function readingOf(path: string): Kysely<Schema> {
  const open = async (): Promise<SqliteDatabase> => {
    const database = new DatabaseSync(path, { readOnly: true, timeout: 5000 })
    return adapted(database, cached(database), 'begin')
  }
  return new Kysely<Schema>({ dialect: new SqliteDialect({ database: open }) })
}

/** What Kysely wants of a SQLite driver. */
function adapted(database: DatabaseSync, prepare: (sql: string) => StatementSync, begin: 'begin' | 'begin immediate'): SqliteDatabase {
  return {
    close: () => database.close(),
    prepare(sql) {
      const statement = prepare(sql === 'begin' ? begin : sql)
      const values = (parameters: readonly unknown[]) => parameters as SQLInputValue[]
      return {
        reader: statement.columns().length > 0,
        all: (parameters) => statement.all(...values(parameters)),
        run: (parameters) => statement.run(...values(parameters)),
        iterate: (parameters) => statement.iterate(...values(parameters)),
      }
    },
  }
}
