/** Ways to spoil one row of SQL. An audit that does not tell is no audit. */
import type { Sql } from '@onsale/server/sql/sql'

export type Spoiling = 'delete' | 'move' | 'rename' | 'price'

export const spoilings: Readonly<Record<Spoiling, (sql: Sql) => Promise<void>>> = {
  delete: async (sql) =>
    void (await sql.db
      .deleteFrom('tickets')
      .where('ticket_id', '=', await aTicket(sql))
      .execute()),
  move: (sql) => change(sql, { column_: 9999 }),
  rename: (sql) => change(sql, { ticket_id: '00000000-0000-7000-8000-000000000000' }),
  price: (sql) => change(sql, { price: 1 }),
}

async function change(sql: Sql, values: { column_?: number; ticket_id?: string; price?: number }): Promise<void> {
  await sql.db
    .updateTable('tickets')
    .set(values)
    .where('ticket_id', '=', await aTicket(sql))
    .execute()
}

async function aTicket(sql: Sql): Promise<string> {
  const { ticket_id } = await sql.db
    .selectFrom('tickets')
    .select('ticket_id')
    .orderBy('position', 'desc')
    .limit(1)
    .executeTakeFirstOrThrow()
  return ticket_id
}
