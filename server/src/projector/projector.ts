/**
 * Log entries -> SQL; the only writer of the read tables. One batch is one transaction: the entry itself is stored first, and one that
 * is stored already is skipped, so that repeats change nothing. Rows take the newest position and counters add what the entry says
 * it changed, so that disorder changes nothing either.
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
        const known = fresh.filter(isKnown)
        const conflicts = await apply(sql, trx, known, now)
        await advance(sql, trx, fresh)
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

/** Every read table from the archive. Entries are applied in the order of their shards, in batches. */
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
    for (const { shard } of await trx.selectFrom('positions').select('shard').orderBy('shard').execute()) {
      for (let after = 0; ; ) {
        const rows = await trx
          .selectFrom('entries')
          .select(['position', 'body'])
          .where('shard', '=', shard)
          .where('position', '>', after)
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
  const conflicts = await storeTickets(sql, trx, entries, now)
  const doubled = new Set(conflicts.map(({ ticketId }) => ticketId))
  await storeHeldSeats(sql, trx, entries)
  await addFigures(sql, trx, entries, doubled)
  await storeChanges(sql, trx, entries, now)
  return conflicts
}

/** Tickets are numbered as they are stored: in the order of commit, as far as the bus delivers it. */
function byPlace({ entry: a }: { entry: Entry }, { entry: b }: { entry: Entry }): number {
  return a.shard === b.shard ? a.position - b.position : a.shard < b.shard ? -1 : 1
}

function isKnown(entry: Entry): boolean {
  return entry.v === 1 && (entry.kind === 'SeatsSold' || entry.kind === 'SeatsHeld' || entry.kind === 'SeatsReleased')
}

/** Moves `stored` of each shard to the last position before the first gap. */
async function advance(sql: Sql, trx: Transaction<Schema>, fresh: readonly Entry[]): Promise<void> {
  for (const shard of new Set(fresh.map((entry) => entry.shard))) {
    const row = await trx.selectFrom('positions').select('stored').where('shard', '=', shard).executeTakeFirst()
    const before = row?.stored ?? 0
    const here = fresh
      .filter((entry) => entry.shard === shard)
      .map(({ position }) => position)
      .sort((a, b) => a - b)
    let stored = before
    for (const position of here) if (position === stored + 1) stored = position
    if (here.at(-1) !== stored) stored = await lastBeforeGap(trx, shard, stored)
    if (row) await trx.updateTable('positions').set({ stored }).where('shard', '=', shard).execute()
    else await sql.insertOnce(trx, 'positions', [{ shard, stored }])
  }
}

async function lastBeforeGap(trx: Transaction<Schema>, shard: string, after: number): Promise<number> {
  let stored = after
  for (;;) {
    const rows = await trx
      .selectFrom('entries')
      .select('position')
      .where('shard', '=', shard)
      .where('position', '>', stored)
      .orderBy('position')
      .limit(1000)
      .execute()
    for (const { position } of rows) {
      if (position !== stored + 1) return stored
      stored = position
    }
    if (rows.length < 1000) return stored
  }
}
