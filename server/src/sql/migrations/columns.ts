/** Column types that mean the same in every database. */
import { type CreateTableBuilder, type Kysely, MysqlAdapter, PostgresAdapter, type RawBuilder, SqliteAdapter, sql } from 'kysely'

export const id = 'varchar(100)'
export const text = 'varchar(200)'
export const time = 'varchar(24)'
export const integer = 'integer'
export const money = 'bigint'

/** Texts of some MB: MySQL's `text` ends at 64 KB. */
export const longText = (db: Kysely<unknown>): RawBuilder<unknown> => (isMysql(db) ? sql`longtext` : sql`text`)

/**
 * A table whose rows lie in the order of its primary key, as they do in MySQL anyway: one B-tree less in SQLite. Not for tables with
 * more indexes, where every index would carry the whole key (tickets: 9 us a row against 5).
 */
export function clustered(db: Kysely<unknown>, name: string): CreateTableBuilder<string, never> {
  const builder = plain(db, name)
  return isSqlite(db) ? builder.modifyEnd(sql`without rowid`) : builder
}

/** A table whose rows are numbered as they come. */
export function numbered(db: Kysely<unknown>, name: string, column: string): CreateTableBuilder<string, never> {
  // SQLite's own row number is one already; its `autoincrement` would write a second table for each row.
  if (isSqlite(db)) return plain(db, name).addColumn(column, integer, (c) => c.primaryKey())
  return plain(db, name).addColumn(column, isPostgres(db) ? 'bigserial' : 'bigint', (c) =>
    isPostgres(db) ? c.primaryKey() : c.primaryKey().autoIncrement(),
  )
}

/** MySQL would take `hall` for `Hall` and `Ö` for `O`: ids and names of rows are compared as they are written, as elsewhere. */
function plain(db: Kysely<unknown>, name: string): CreateTableBuilder<string, never> {
  const builder = db.schema.createTable(name)
  return isMysql(db) ? builder.modifyEnd(sql`character set utf8mb4 collate utf8mb4_bin`) : builder
}

const adapterOf = (db: Kysely<unknown>) => db.getExecutor().adapter
const isSqlite = (db: Kysely<unknown>) => adapterOf(db) instanceof SqliteAdapter
const isPostgres = (db: Kysely<unknown>) => adapterOf(db) instanceof PostgresAdapter
const isMysql = (db: Kysely<unknown>) => adapterOf(db) instanceof MysqlAdapter
