/**
 * A bus at its worst, as a process: publishes what is in the log again and again, late, early, twice and in any order. It reads the log more
 * often than the relay does, so that much of what it says out of order comes first.
 */
import { setTimeout as wait } from 'node:timers/promises'
import type { LogEntry } from '@onsale/contract/entry'
import { openBus, openLedger } from '@onsale/server/adapters'
import { readConfig } from '@onsale/server/config'

const LOOK_EVERY_MS = 5
const AT_ONCE = 200
const MOST_A_SEND = 20
/** What was said long ago is said again as well. */
const REMEMBERED = 5000

const { ledgerUrl, busUrl } = readConfig()
const ledger = await openLedger(ledgerUrl)
const bus = await openBus(busUrl, () => {})
const readTo = new Map<string, number>()
const known: LogEntry[] = []
console.log('Says everything twice; no server, but ready at http://nowhere')

for (;;) {
  // Engines are killed under it as under everybody; what it could not say it says another time.
  await repeat().catch(() => undefined)
  await wait(LOOK_EVERY_MS)
}

async function repeat(): Promise<void> {
  for (const { shard, trimmed } of await ledger.ends()) {
    const fresh = await ledger.read({ shard, after: Math.max(readTo.get(shard) ?? 0, trimmed), limit: AT_ONCE })
    const last = fresh.at(-1)
    if (!last) continue
    readTo.set(shard, last.position)
    known.push(...fresh)
    known.splice(0, known.length - REMEMBERED)
    const old = Array.from({ length: Math.ceil(fresh.length / 4) }, () => known[Math.floor(Math.random() * known.length)] as LogEntry)
    const all = shuffled([...fresh, ...old])
    while (all.length > 0) await bus.publish(all.splice(0, Math.ceil(Math.random() * MOST_A_SEND)))
  }
}

function shuffled<T>(list: T[]): T[] {
  for (let i = list.length - 1; i > 0; i--) {
    const j = Math.floor(Math.random() * (i + 1))
    ;[list[i], list[j]] = [list[j] as T, list[i] as T]
  }
  return list
}
