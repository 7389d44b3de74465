/** Every row of a table, gone. */
import { sql as raw } from 'kysely'
import type { Schema } from './schema.ts'
import type { Sql } from './sql.ts'

/** How many rows there were. A server truncates: a million rows take longer to delete than a statement may. SQLite does the same by itself. */
export async function emptyTable({ db, locksRows }: Sql, table: keyof Schema): Promise<number> {
  const counted = await db
    .selectFrom(table)
    .select((eb) => eb.fn.countAll<number>().as('n'))
    .executeTakeFirstOrThrow()
  if (locksRows) await raw`truncate table ${raw.table(table)}`.execute(db)
  else await db.deleteFrom(table).execute()
  return Number(counted.n)
}
