/** Several load processes at once against one house, and a look at SQL from outside all the while. */
import { setTimeout as wait } from 'node:timers/promises'
import { ticketsOf } from './books.ts'
import type { House } from './house.ts'
import { startLoad } from './load/load.ts'
import type { Plan, Report } from './load/plan.ts'
import type { Product } from './product.ts'
import type { Progress } from './result.ts'

const LOOK_EVERY_MS = 25
const TELL_EVERY_MS = 2000
/** SQL must have everything so long after the last answer. */
const CATCH_UP_MS = 60_000

/** `durableSeconds`: from the start until SQL had every ticket that was answered. */
export async function rush(
  product: Product,
  house: House,
  plans: readonly Plan[],
  progress: Progress,
): Promise<{ reports: Report[]; durableSeconds: number }> {
  const loads = plans.map(() => startLoad())
  try {
    const ready = await Promise.all(loads.map((load, i) => load.prepare(plans[i] as Plan)))
    const startedMs = performance.now()
    const running = Promise.all(ready.map(({ go }) => go()))
    const seen = watch(product, house, running, startedMs, progress)
    const reports = await running
    return { reports, durableSeconds: await seen }
  } finally {
    for (const load of loads) load.close()
  }
}

async function watch(product: Product, house: House, running: Promise<Report[]>, startedMs: number, progress: Progress): Promise<number> {
  let expected: number | undefined
  let giveUpMs = Number.POSITIVE_INFINITY
  running.then(
    (reports) => {
      expected = reports.reduce((sum, { sold }) => sum + sold.reduce((n, { body }) => n + ticketsOf(body).length, 0), 0)
      giveUpMs = performance.now() + CATCH_UP_MS
    },
    () => {
      giveUpMs = 0
    },
  )
  let stored = -1
  let storedMs = startedMs
  let toldMs = startedMs
  while (stored !== expected && performance.now() < giveUpMs) {
    const { text } = await product.get(`/query/api/v1/tickets/count/${house.eventId}`)
    const now = performance.now()
    const { count } = JSON.parse(text) as { count: number }
    if (count !== stored) storedMs = now
    stored = count
    if (now - toldMs > TELL_EVERY_MS) {
      toldMs = now
      progress(`${count} tickets in SQL`)
    }
    await wait(LOOK_EVERY_MS)
  }
  return (storedMs - startedMs) / 1000
}
