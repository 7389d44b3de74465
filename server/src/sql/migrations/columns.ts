/** Column types that mean the same in every database. */
import { type CreateTableBuilder, type Kysely, SqliteAdapter, sql } from 'kysely'

export const id = 'varchar(100)'
export const text = 'varchar(200)'
export const time = 'varchar(24)'
export const integer = 'integer'
export const money = 'bigint'

/** A table whose rows lie in the order of its primary key, as they do in MySQL anyway: one B-tree less in SQLite. */
export function table(db: Kysely<unknown>, name: string): CreateTableBuilder<string, never> {
  const builder = db.schema.createTable(name)
  return db.getExecutor().adapter instanceof SqliteAdapter ? builder.modifyEnd(sql`without rowid`) : builder
}
