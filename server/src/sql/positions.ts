/** How far the read side has come: what the relay may trim, and what a reader can be shown. */
import type { Sql } from './sql.ts'

const all = { sql: 'select shard, stored from positions' }

export async function storedPositions(sql: Sql): Promise<Map<string, number>> {
  const rows = await sql.read<{ shard: string; stored: number }>(all, [])
  return new Map(rows.map(({ shard, stored }) => [shard, Number(stored)]))
}
