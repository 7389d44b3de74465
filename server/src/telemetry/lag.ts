/**
 * How far the read side is behind the log, shard by shard. While the database does not answer, what was stored last stands: a lag must not
 * vanish together with what causes it.
 */
import type { Ledger, LogEnds } from '../ledger/ledger.ts'

/** `oldestAt`: when the oldest entry that is not stored was written, ms; null when all is stored. */
export type ShardLag = { shard: string; entries: number; oldestAt: number | null }

export function watchLag(
  ledger: Pick<Ledger, 'ends' | 'read'>,
  askStored: () => Promise<ReadonlyMap<string, number>>,
  onError: (error: unknown) => void,
): () => Promise<ShardLag[]> {
  let stored: ReadonlyMap<string, number> = new Map()
  const oldest = new Map<string, { position: number; at: number }>()

  async function lagOf({ shard, head }: LogEnds): Promise<ShardLag> {
    const here = stored.get(shard) ?? 0
    const entries = Math.max(head - here, 0)
    return { shard, entries, oldestAt: entries > 0 ? await oldestAt(shard, here + 1) : null }
  }

  /** Asked once for each entry that comes to be the oldest. */
  async function oldestAt(shard: string, position: number): Promise<number | null> {
    const known = oldest.get(shard)
    if (known?.position === position) return known.at
    const [entry] = await ledger.read({ shard, after: position - 1, limit: 1 })
    if (!entry) return null
    const at = Date.parse((JSON.parse(entry.body) as { createdOn: string }).createdOn)
    oldest.set(shard, { position, at })
    return at
  }

  return async () => {
    // The ends first: what is stored by then can only be more.
    const ends = await ledger.ends()
    stored = await askStored().catch((error: unknown) => {
      onError(error)
      return stored
    })
    return Promise.all(ends.map(lagOf))
  }
}
