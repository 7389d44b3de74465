/**
 * Log entries -> SQL; the only writer of the read tables. One batch is one transaction: the entry itself is stored first, and one that
 * is stored already is skipped, so that repeats change nothing. Entries of a shard are applied in its order: what comes before its turn
 * waits in the archive, so that disorder changes nothing either. (Applied as they came, a seat that was sold, refunded and sold again
 * had two tickets when the second sale overtook the refund, and a map that watched it live kept the wrong state.)
 */

import type { Entry } from '@onsale/contract/entry'
import type { Transaction } from 'kysely'
import type { Schema } from '../sql/schema.ts'
import type { Sql } from '../sql/sql.ts'
import { storeChanges } from './changes.ts'
import { addFigures } from './figures.ts'
import { storeHeldSeats } from './held-seats.ts'
import { type Conflict, storeTickets } from './tickets.ts'

/** How long the live stream can be resumed. */
const CHANGES_KEPT_MS = 10 * 60 * 1000

/** `repeats` were stored before; `conflicts` are second tickets for one seat; `unknown` are kinds or versions this process does not know. */
export type Projected = { stored: number; repeats: number; conflicts: Conflict[]; unknown: string[] }

export type Projector = { project(messages: readonly string[], now: number): Promise<Projected> }

export function createProjector(sql: Sql): Projector {
  let prunedAt = 0
  return {
    project(messages, now) {
      return sql.db.transaction().execute(async (trx) => {
        const came = messages.map((body) => ({ body, entry: JSON.parse(body) as Entry })).sort(byPlace)
        const isNew = await sql.insertOnce(
          trx,
          'entries',
          came.map(({ body, entry: { shard, position } }) => ({ shard, position, body })),
        )
        const fresh = came.filter((_, i) => isNew[i]).map(({ entry }) => entry)
        const ready: Entry[] = []
        for (const [shard, entries] of Map.groupBy(fresh, (entry) => entry.shard)) ready.push(...(await inTurn(sql, trx, shard, entries)))
        const conflicts = await apply(sql, trx, ready.filter(isKnown), now)
        if (now - prunedAt > CHANGES_KEPT_MS / 10) {
          prunedAt = now
          await trx
            .deleteFrom('event_changes')
            .where('at', '<', new Date(now - CHANGES_KEPT_MS).toISOString())
            .execute()
        }
        const unknown = fresh.filter((entry) => !isKnown(entry)).map(({ kind, v }) => `${kind} version ${v}`)
        return { stored: fresh.length, repeats: came.length - fresh.length, conflicts, unknown }
      })
    },
  }
}

/** Every read table from the archive, in batches. Entries behind a gap still wait for their turn. */
export async function rebuild(sql: Sql, now: number, onProgress: (applied: number) => void = () => {}): Promise<number> {
  return sql.db.transaction().execute(async (trx) => {
    for (const table of ['tickets', 'held_seats', 'sales', 'conflicts', 'event_changes'] as const) await trx.deleteFrom(table).execute()
    await trx
      .updateTable('event_zones')
      .set((eb) => ({
        available: eb('available', '+', eb('held', '+', eb.ref('sold'))),
        held: 0,
        sold: 0,
        revenue: 0,
        version: eb('version', '+', 1),
      }))
      .execute()
    let applied = 0
    for (const { shard, stored } of await trx.selectFrom('positions').selectAll().orderBy('shard').execute()) {
      for (let after = 0; ; ) {
        const rows = await trx
          .selectFrom('entries')
          .select(['position', 'body'])
          .where('shard', '=', shard)
          .where('position', '>', after)
          .where('position', '<=', stored)
          .orderBy('position')
          .limit(1000)
          .execute()
        if (rows.length === 0) break
        await apply(sql, trx, rows.map(({ body }) => JSON.parse(body) as Entry).filter(isKnown), now)
        after = rows.at(-1)?.position as number
        applied += rows.length
        onProgress(applied)
      }
    }
    return applied
  })
}

async function apply(sql: Sql, trx: Transaction<Schema>, entries: readonly Entry[], now: number): Promise<Conflict[]> {
  if (entries.length === 0) return []
  const { conflicts, strangers } = await storeTickets(sql, trx, entries, now)
  await storeHeldSeats(sql, trx, entries)
  await addFigures(sql, trx, entries, strangers)
  await storeChanges(sql, trx, entries, now)
  return conflicts
}

function byPlace({ entry: a }: { entry: Entry }, { entry: b }: { entry: Entry }): number {
  return a.shard === b.shard ? a.position - b.position : a.shard < b.shard ? -1 : 1
}

/** Of a kind and version that this process can apply; others are stored and skipped. */
export function isKnown(entry: Entry): boolean {
  return entry.v === 1 && (entry.kind === 'SeatsSold' || entry.kind === 'SeatsHeld' || entry.kind === 'SeatsReleased')
}

/** What can be applied now: the entries after those that are applied, up to the first gap. Moves `stored` behind them. */
async function inTurn(sql: Sql, trx: Transaction<Schema>, shard: string, fresh: readonly Entry[]): Promise<Entry[]> {
  const row = await trx.selectFrom('positions').select('stored').where('shard', '=', shard).executeTakeFirst()
  const before = Number(row?.stored ?? 0)
  const ready: Entry[] = []
  for (const entry of fresh) if (entry.position === before + ready.length + 1) ready.push(entry)
  ready.push(...(await waiting(trx, shard, before + ready.length + 1)))
  const stored = before + ready.length
  if (row) await trx.updateTable('positions').set({ stored }).where('shard', '=', shard).execute()
  else await sql.insertOnce(trx, 'positions', [{ shard, stored }])
  return ready
}

/** Entries that came before their turn, from a position up to the first gap. */
async function waiting(trx: Transaction<Schema>, shard: string, first: number): Promise<Entry[]> {
  const ready: Entry[] = []
  const ofShard = trx.selectFrom('entries').where('shard', '=', shard).orderBy('position')
  // Nearly always there is none, and behind a gap there may be thousands: one look at the key tells.
  while (
    await ofShard
      .select('position')
      .where('position', '=', first + ready.length)
      .executeTakeFirst()
  ) {
    const rows = await ofShard
      .select(['position', 'body'])
      .where('position', '>=', first + ready.length)
      .limit(1000)
      .execute()
    for (const { position, body } of rows) if (Number(position) === first + ready.length) ready.push(JSON.parse(body) as Entry)
  }
  return ready
}
