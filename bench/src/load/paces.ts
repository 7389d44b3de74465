/** When the next request is sent: as soon as there is an answer, or when its time has come. Both resolve when all is answered. */
import { setTimeout as wait } from 'node:timers/promises'
import type { Connection } from './connection.ts'
import type { OnSold, Pool } from './pool.ts'
import type { Tally } from './tally.ts'

export type Run = { pool: Pool; tally: Tally; count: number; bytesOf: (n: number) => Buffer; onSold: OnSold }

/** Answers that are still missing so long after the last request are counted as broken. */
const PATIENCE_MS = 10_000

/** Returns how many requests were taken. */
export async function closedLoop({ pool, tally, count, bytesOf, onSold }: Run, seconds: number): Promise<number> {
  const until = performance.now() + seconds * 1000
  let next = 0
  await new Promise<void>((resolve) => {
    const giveUp = setTimeout(resolve, seconds * 1000 + PATIENCE_MS)
    function ask(connection: Connection): void {
      const now = performance.now()
      if (next < count && now < until) {
        tally.sent(next, now)
        pool.send(connection, next, bytesOf(next))
        next++
      } else if (pool.underWay() === 0) {
        clearTimeout(giveUp)
        resolve()
      }
    }
    pool.start(tally, ask, onSold)
  })
  countMissing(pool, tally)
  return next
}

export async function openLoop({ pool, tally, count, bytesOf, onSold }: Run, perSecond: number, lateMs: number): Promise<number> {
  const startMs = performance.now()
  const idle: Connection[] = []
  let next = 0

  /** Takes what is due. A connection that has just become free takes what has waited for it. */
  function dispatch(): void {
    for (;;) {
      const now = performance.now()
      const intendedMs = startMs + (next * 1000) / perSecond
      if (next >= count || intendedMs > now) return
      if (now - intendedMs > lateMs) {
        tally.unsent()
        next++
        continue
      }
      const connection = idle.pop()
      if (!connection) return
      tally.sent(next, intendedMs)
      pool.send(connection, next, bytesOf(next))
      next++
    }
  }
  pool.start(
    tally,
    (connection) => {
      idle.push(connection)
      dispatch()
    },
    onSold,
  )
  while (next < count) {
    await wait(1)
    dispatch()
  }
  const until = performance.now() + PATIENCE_MS
  while (pool.underWay() > 0 && performance.now() < until) await wait(5)
  countMissing(pool, tally)
  return next
}

function countMissing(pool: Pool, tally: Tally): void {
  for (let i = pool.underWay(); i > 0; i--) tally.broken()
}
