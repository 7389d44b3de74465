/** Waiting until the read side has come far enough. */
import { setTimeout as wait } from 'node:timers/promises'
import { formatPosition, parsePositions } from '@onsale/contract/position'
import { Refusal } from '@onsale/contract/refusals'
import { storedPositions } from '../sql/positions.ts'
import type { Sql } from '../sql/sql.ts'

const WAIT_MS = 2000
const LOOK_EVERY_MS = 4
/** Readers that may wait at once; one who names a position that never comes waits two seconds. */
const MOST_WAITING = 500
/** An older reading is still true as a lower bound: what an answer reflects is at least this. */
const READING_KEPT_MS = 20

export type Positions = {
  /** Tokens of what every answer from now on reflects at least. */
  now(): Promise<string>
  /** Returns once the read side has reached every position of `Onsale-After`. Throws after two seconds. */
  reach(after: string | undefined): Promise<void>
}

export function watchPositions(sql: Sql): Positions {
  let reading: Promise<Map<string, number>> = Promise.resolve(new Map())
  let readAt = 0
  let waiting = 0

  function read(maxAgeMs: number): Promise<Map<string, number>> {
    const now = performance.now()
    if (now - readAt > maxAgeMs) {
      readAt = now
      reading = storedPositions(sql)
    }
    return reading
  }

  async function come(reached: (stored: ReadonlyMap<string, number>) => boolean): Promise<void> {
    for (const until = performance.now() + WAIT_MS; performance.now() < until; ) {
      await wait(LOOK_EVERY_MS)
      if (reached(await read(LOOK_EVERY_MS))) return
    }
    throw new Refusal('not-caught-up', 'The read side has not come so far within two seconds.', { retryAfter: 1 })
  }

  return {
    async now() {
      return [...(await read(READING_KEPT_MS))].map(([shard, position]) => formatPosition({ shard, position })).join(',')
    },
    async reach(after) {
      if (after === undefined) return
      const wanted = parsePositions(after)
      if (!wanted)
        throw new Refusal('bad-position', 'Onsale-After takes the tokens that Onsale-Position gave, joined by commas.', {
          errors: [{ field: 'Onsale-After', message: 'is not a list of positions' }],
        })
      const reached = (stored: ReadonlyMap<string, number>) => wanted.every(({ shard, position }) => (stored.get(shard) ?? 0) >= position)
      if (reached(await read(LOOK_EVERY_MS))) return
      if (waiting >= MOST_WAITING) throw new Refusal('busy', `${MOST_WAITING} readers are waiting already.`, { retryAfter: 2 })
      waiting++
      await come(reached).finally(() => waiting--)
    },
  }
}
