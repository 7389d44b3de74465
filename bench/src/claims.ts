/**
 * How many seats a second a ledger sells, through its adapter and without HTTP: each buyer takes two seats side by side under a key.
 *
 *   node bench/src/claims.ts <LEDGER_URL> [seconds=5] [buyers=1000] [events=16]
 */
import { randomUUID } from 'node:crypto'
import { openLedger } from '@onsale/server/adapters'
import type { Change } from '@onsale/server/ledger/ledger'

const SEATS = 50_000
/** As long as the facts of sales are. */
const WORDS = 'x'.repeat(300)

const [url = 'sqlite::memory:', seconds = '5', buyers = '1000', events = '16'] = process.argv.slice(2)
const run = randomUUID().slice(0, 8)
const zones = Array.from({ length: Number(events) }, (_, i) => `${run}-${i}/1`)
const ledger = await openLedger(url)
await ledger.open(zones.map((zone) => ({ zone, seats: SEATS, gaps: [] })))

let asked = 0
function nextWish(): Change {
  const n = asked++
  const first = (Math.floor(n / zones.length) * 2) % SEATS
  const ticket = `${run}-${n}`
  return {
    zone: zones[n % zones.length] as string,
    options: [{ seats: [first, first + 1], owners: [`${ticket}-a`, `${ticket}-b`], fact: `{"ticket":"${ticket}","words":"${WORDS}"}` }],
    from: 'free',
    to: 'sold',
    at: Date.now(),
    key: { id: ticket, fingerprint: ticket },
  }
}

const latencies: number[] = []
let sold = 0
const started = performance.now()
const end = started + Number(seconds) * 1000
async function buyer(): Promise<void> {
  for (let from = performance.now(); from < end; ) {
    const outcome = await ledger.commit(nextWish())
    const now = performance.now()
    latencies.push(now - from)
    from = now
    if (outcome.ok) sold++
  }
}
await Promise.all(Array.from({ length: Number(buyers) }, buyer))
const elapsed = (performance.now() - started) / 1000
latencies.sort((a, b) => a - b)
const percentile = (of: number): string => (latencies[Math.floor(latencies.length * of)] ?? 0).toFixed(1)
const { user, system } = process.cpuUsage()
process.stdout.write(
  `${Math.round(asked / elapsed)} wishes/s, ${Math.round(sold / elapsed)} of them sold two seats; p50 ${percentile(0.5)} ms, p99 ${percentile(0.99)} ms; ` +
    `${((user + system) / asked).toFixed(1)} us of this process's CPU a wish\n`,
)
await ledger.close()
