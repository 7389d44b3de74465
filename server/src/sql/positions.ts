/** How far the read side has come: what the relay may trim, and what a reader can be shown. */
import type { Sql } from './sql.ts'

export async function storedPositions({ db }: Sql): Promise<Map<string, number>> {
  const rows = await db.selectFrom('positions').select(['shard', 'stored']).execute()
  return new Map(rows.map(({ shard, stored }) => [shard, Number(stored)]))
}
