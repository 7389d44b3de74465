/**
 * Reads the log, publishes it, and trims only what the read side has stored. What was published and is not stored in time is
 * published again: a bus that forgets costs a delay. Any number of relays may run; what they publish twice changes nothing.
 */
import { once } from 'node:events'
import { setTimeout as wait } from 'node:timers/promises'
import type { LogEntry } from '@onsale/contract/entry'
import type { Bus } from '../bus/bus.ts'
import type { Ledger, LogEnds } from '../ledger/ledger.ts'

export type RelayOptions = {
  ledger: Ledger
  bus: Pick<Bus, 'publish'>
  /** How far each shard is stored by the read side. */
  stored: () => Promise<ReadonlyMap<string, number>>
  onError: (error: unknown) => void
  onPublished?: (entries: number) => void
  /** Entries a read; so many of them are published together; published and not yet stored at most. */
  batch?: number
  together?: number
  window?: number
  /** Rest between two rounds while there is work; bounds how often `stored` is asked. */
  restMs?: number
  /** Rest while much is coming: entries that gather are stored together (us an entry: 23.7 in batches of 500, 17.9 of 2,000, 16.5 of 4,000). It delays what is read by as much. */
  gatherMs?: number
  /** Rest when there was nothing to do: other processes may have appended. */
  idleMs?: number
  /** Published and not stored for so long: published again. And again after twice as long, and so on: whoever stores it may only be slow. */
  againMs?: number
}

/**
 * Times `againMs`, 80 s, at most. Every 5 s, each of two relays gave a projector that had stood still for a minute another 24 copies of
 * everything, which it could not read as fast as they came (on SQS and a starved machine: chaos seed 2001).
 */
const MOST_AGAIN = 16

/** Entries in one round that call for gathering: some 10,000/s. */
const MANY = 100

export type Relay = {
  /** There is something new in the log. */
  poke(): void
  stop(): Promise<void>
}

type Progress = { published: number; stored: number; movedAt: number; againMs: number }

export function startRelay({
  ledger,
  bus,
  stored,
  onError,
  onPublished,
  batch = 2000,
  together = 8000,
  window = 16_000,
  restMs = 10,
  gatherMs = 250,
  idleMs = 250,
  againMs = 5000,
}: RelayOptions): Relay {
  const progress = new Map<string, Progress>()
  const stopping = new AbortController()
  const stopped = once(stopping.signal, 'abort').then(() => undefined)
  let wake = (): void => {}
  let poked = false

  /** How many entries were published, or null when nothing is under way. A shard that fails holds up no other, and is told at the end. */
  async function round(): Promise<number | null> {
    const storedNow = await stored()
    const ends = await ledger.ends()
    const failed = new Map<string, unknown>()
    for (const { shard, trimmed } of ends) {
      const at = advance(shard, storedNow.get(shard) ?? 0, trimmed)
      if (at.stored > trimmed) await ledger.trim({ shard, position: at.stored }).catch((error: unknown) => failed.set(shard, error))
    }
    let published = 0
    while (!stopping.signal.aborted) {
      const entries = await gathered(ends, failed)
      if (entries.length === 0) break
      await untilStopped(bus.publish(entries))
      if (stopping.signal.aborted) break
      onPublished?.(entries.length)
      for (const { shard, position } of entries) (progress.get(shard) as Progress).published = position
      published += entries.length
    }
    for (const error of failed.values()) throw error
    const isUnderWay = ends.some(({ shard, head }) => (progress.get(shard) as Progress).stored < head)
    return published > 0 || isUnderWay ? published : null
  }

  /**
   * What is to be published next, of all shards, `together` or a few more: a bus that takes ten messages a request would else get some that are
   * half empty from each shard.
   */
  async function gathered(ends: readonly LogEnds[], failed: Map<string, unknown>): Promise<LogEntry[]> {
    const found: LogEntry[] = []
    for (const { shard, head } of ends) {
      const { published, stored } = progress.get(shard) as Progress
      const upTo = Math.min(head, stored + window)
      for (let at = published; at < upTo && found.length < together && !failed.has(shard) && !stopping.signal.aborted; ) {
        const entries = await ledger.read({ shard, after: at, limit: batch }).catch((error: unknown) => {
          failed.set(shard, error)
          return []
        })
        if (entries.length === 0) break
        for (const entry of entries) found.push(entry)
        at = (entries.at(-1) as LogEntry).position
      }
    }
    return found
  }

  /** Where a shard stands; what was published too long ago without being stored is to be published again. */
  function advance(shard: string, storedNow: number, trimmed: number): Progress {
    const now = Date.now()
    const from = Math.max(storedNow, trimmed)
    const at = progress.get(shard) ?? { published: from, stored: from, movedAt: now, againMs }
    progress.set(shard, at)
    if (from > at.stored) at.againMs = againMs
    if (from > at.stored || at.published <= from) at.movedAt = now
    else if (now - at.movedAt > at.againMs) {
      at.published = from
      at.movedAt = now
      at.againMs = Math.min(at.againMs * 2, againMs * MOST_AGAIN)
    }
    at.stored = from
    at.published = Math.max(at.published, from)
    return at
  }

  /** A bus whose subscribers are stuck makes `publish` wait; stopping does not. What was not published is still in the log. */
  function untilStopped(work: Promise<void>): Promise<void> {
    return Promise.race([work, stopped])
  }

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      poked = false
      const published = await round().catch((error: unknown) => {
        if (!stopping.signal.aborted) onError(error)
        return null
      })
      if (stopping.signal.aborted) return
      if (published !== null || poked)
        await wait(Number(published) > MANY ? gatherMs : restMs, undefined, { signal: stopping.signal }).catch(() => undefined)
      else
        await new Promise<void>((resolve) => {
          wake = resolve
          setTimeout(resolve, idleMs).unref()
        })
    }
  }
  const running = run()

  return {
    poke() {
      poked = true
      wake()
    },
    async stop() {
      stopping.abort()
      wake()
      await running
    },
  }
}
