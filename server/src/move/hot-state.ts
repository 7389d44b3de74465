/** A ledger that lost everything, made anew from the read side: zones from the catalogue, seats and log from the archive of entries. */
import type { Ledger, RestoredEntry } from '../ledger/ledger.ts'
import { storedPositions } from '../sql/positions.ts'
import type { Sql } from '../sql/sql.ts'
import { archivedAfter, openingsOf, restoredEntry, zonesOf } from './archive.ts'

export type RebuiltShard = { shard: string; before: number; head: number; stored: number }
export type Rebuilt = { zones: number; shards: RebuiltShard[] }

/**
 * Purchases are refused until it has ended. A shard that has entries is compared and not written. What the read side had not stored is lost
 * with the ledger, and so are idempotency keys: they stand in the ledger only.
 */
export async function rebuildHotState(ledger: Ledger, sql: Sql, onProgress: (done: number, of: number) => void): Promise<Rebuilt> {
  const zones = await zonesOf(sql)
  const before = await headsOf(ledger)
  await ledger.restore(openingsOf(zones), entries())
  const [heads, stored] = [await headsOf(ledger), await storedPositions(sql)]
  const names = [...new Set([...heads.keys(), ...stored.keys()])].sort()
  const shards = names.map((shard) => ({
    shard,
    before: before.get(shard) ?? 0,
    head: heads.get(shard) ?? 0,
    stored: stored.get(shard) ?? 0,
  }))
  return { zones: zones.size, shards }

  /** Until the read side has no more: a projector may still be storing what a bus carries. */
  async function* entries(): AsyncGenerator<RestoredEntry[]> {
    const done = new Map<string, number>()
    for (let isNew = true; isNew; ) {
      isNew = false
      const stored = await storedPositions(sql)
      for (const [shard, upTo] of stored)
        for (let after = done.get(shard) ?? 0; after < upTo; isNew = true) {
          const bodies = await archivedAfter(sql, shard, after)
          yield bodies.map((body) => restoredEntry(body, zones))
          after += bodies.length
          done.set(shard, after)
          onProgress(sum(done), sum(stored))
        }
    }
  }
}

async function headsOf(ledger: Ledger): Promise<Map<string, number>> {
  return new Map((await ledger.ends()).map(({ shard, head }) => [shard, head]))
}

const sum = (numbers: ReadonlyMap<string, number>): number => [...numbers.values()].reduce((all, each) => all + each, 0)
