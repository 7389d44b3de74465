/** The catalogue of one read side for another. Everything else there is made by the projector, from the entries. */
import type { Schema } from '../sql/schema.ts'
import type { Row, Sql } from '../sql/sql.ts'

/** In the order in which one needs the other. */
export const COPIED = ['venues', 'zones', 'events', 'event_zones', 'catalogue'] as const satisfies (keyof Schema)[]
/** What the entries add up to. */
export const PROJECTED = [
  'entries',
  'positions',
  'tickets',
  'held_seats',
  'sales',
  'event_changes',
  'conflicts',
] as const satisfies (keyof Schema)[]

/**
 * Versions of zones and numbers of changes go on far above where they were: the same entries in other batches count otherwise, and what a
 * browser has cached under a number must not come to mean something else.
 */
const BEYOND = 1_000_000

/** What is there already, from an attempt that broke off, stays. Throws when it is of another house. */
export async function copyCatalogue(from: Sql, to: Sql): Promise<void> {
  await refuseOtherHouse(from, to)
  for (const table of COPIED) {
    const rows = (await from.db.selectFrom(table).selectAll().execute()) as Row[]
    await to.write((trx) => to.insertOnce(trx, table, rows.map(asUnsold)))
  }
}

function asUnsold(row: Row): Row {
  if ('seq' in row) return { ...row, opened: 1, seq: Number(row.seq) + BEYOND }
  if (!('sold' in row)) return row
  const available = Number(row.available) + Number(row.held) + Number(row.sold)
  return { ...row, available, held: 0, sold: 0, revenue: 0, version: Number(row.version) + BEYOND }
}

async function refuseOtherHouse(from: Sql, to: Sql): Promise<void> {
  const [ours, theirs] = await Promise.all(
    [from, to].map(async ({ db }) => (await db.selectFrom('events').select('event_id').execute()).map(({ event_id }) => event_id)),
  )
  const stranger = theirs?.find((event) => !ours?.includes(event))
  if (stranger !== undefined)
    throw new Error(`The database to move to is in use: it has event ${stranger}, which is not of this house. Name an empty one.`)
}

/** Grows with every import. */
export async function catalogueVersion({ db }: Sql): Promise<number> {
  return (await db.selectFrom('catalogue').select('version').executeTakeFirst())?.version ?? 0
}
