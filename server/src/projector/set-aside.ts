/** Entries that could not be applied when their turn came: something stands in the archive for them (`setAside` in contract/src/entry.ts). */
import { type Entry, SET_ASIDE } from '@onsale/contract/entry'
import type { Transaction } from 'kysely'
import type { Schema } from '../sql/schema.ts'
import { entriesIn } from './projector.ts'

type Row = { first: number; last: number; body: string }

/** How much of the archive is looked through at once: some MB. */
const ROWS_AT_ONCE = 20

/**
 * Puts an entry back where something stands in for it. 'last': no later entry changed its seats, so it can be applied as if it came now;
 * 'overtaken': one did (a refund that was set aside, and the seat was sold again), so only the order of the log gives the right tables.
 * Undefined: nothing stands in for it, so that it is applied once, however often it is replayed; or it waits behind a gap for its turn.
 */
export async function takeBack(
  trx: Transaction<Schema>,
  { entry, body }: { entry: Entry; body: string },
): Promise<'last' | 'overtaken' | undefined> {
  const { shard, position } = entry
  const row = await trx
    .selectFrom('entries')
    .select(['first', 'last', 'body'])
    .where('shard', '=', shard)
    .where('first', '<=', position)
    .orderBy('first', 'desc')
    .limit(1)
    .executeTakeFirst()
  if (!row || Number(row.last) < position) return undefined
  const lines = row.body.split('\n')
  const at = position - Number(row.first)
  if ((JSON.parse(lines[at] as string) as { kind: string }).kind !== SET_ASIDE) return undefined
  lines[at] = body
  await trx
    .updateTable('entries')
    .set({ body: lines.join('\n') })
    .where('shard', '=', shard)
    .where('first', '=', row.first)
    .execute()
  const { stored } = await trx.selectFrom('positions').select('stored').where('shard', '=', shard).executeTakeFirstOrThrow()
  if (position > Number(stored)) return undefined
  const rest: Row = { first: position + 1, last: Number(row.last), body: lines.slice(at + 1).join('\n') }
  return (await isOvertaken(trx, entry, rest)) ? 'overtaken' : 'last'
}

async function isOvertaken(trx: Transaction<Schema>, entry: Entry, rest: Row): Promise<boolean> {
  for (let rows = rest.body ? [rest] : [], after = rest.last; ; ) {
    if (rows.some(({ body }) => entriesIn(body).some((later) => haveSeatInCommon(entry, later)))) return true
    rows = await trx
      .selectFrom('entries')
      .select(['first', 'last', 'body'])
      .where('shard', '=', entry.shard)
      .where('first', '>', after)
      .orderBy('first')
      .limit(ROWS_AT_ONCE)
      .execute()
    if (rows.length === 0) return false
    after = Number(rows.at(-1)?.last)
  }
}

/** Also with an entry of a later kind, as long as it names its seats as ours do. */
function haveSeatInCommon(one: Entry, other: Entry): boolean {
  if (one.eventId !== other.eventId || one.zoneId !== other.zoneId) return false
  const seats = new Set(one.seats.map(({ row, column }) => `${row} ${column}`))
  return (other.seats ?? []).some(({ row, column }) => seats.has(`${row} ${column}`))
}
