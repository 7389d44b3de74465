/**
 * How many durable claims a second does the ledger on Redis take, through its adapter and without HTTP, and what does one cost on either side?
 *
 * The server has one core and this process the other. Buyers ask in a closed loop, each for seats that nobody else asks for, under a key.
 * Afterwards every answer is looked up: its seats, its entry, its position; nothing more and nothing twice. `--cluster` measures three masters too.
 *
 * A busy machine makes the same work dearer: a *call* is the CPU of one SETRANGE in a script of the same server at the same time, 0.95 us when this
 * was written on a quiet machine and 2.5 on the same one with a load of 30. Costs in calls can be compared.
 */
import { randomUUID } from 'node:crypto'
import { openLedger } from '@onsale/server/adapters'
import { type Change, FREE, type Ledger, type Option, type Outcome, SOLD } from '@onsale/server/ledger/ledger'
import { cpuOfAll, type Engine, type Engines, pinTo, redisCli, startEngines } from './engines-up.ts'
import { short, spread } from './numbers.ts'
import { settle } from './options.ts'
import type { Benchmark, Row } from './result.ts'

const SERVER_CORE = 0
const CLIENT_CORE = 1
const ZONES = 40
/** Every wish has a block of seats of its own, so that none is refused. */
const SEATS_A_WISH = 4
const NOW = 1_800_000_000_000
/** As long as facts of sales are. */
const WORDS = `"createdOn":"2026-11-21T20:40:56.000Z","venueId":"BenchVenue","eventId":"BenchEvent","zoneId":12,"status":"PAID","price":10000,"currency":"CAD","row":"AB","column":"17"`

/** Writes seven bytes here and there, as owners of seats are written. */
const CALLS = 200_000
const YARDSTICK = `for i = 1, ${CALLS} do redis.call('SETRANGE', 'yardstick', i * 7919 % 50000 * 7, 'abcdefg') end`

type Crowd = { title: string; events: number; seats: number; options: number }
const CROWDS: Crowd[] = [
  { title: 'one seat, 16 events', events: 16, seats: 1, options: 1 },
  { title: 'one seat, one event', events: 1, seats: 1, options: 1 },
  { title: 'two side by side, 16 events', events: 16, seats: 2, options: 1 },
  { title: 'one of eight options, 16 events', events: 16, seats: 1, options: 8 },
]

export const claims: Benchmark = async (options, progress) => {
  const { requests, connections } = settle(options, { requests: [200_000, 5000], connections: [4000, 1000] })
  const engines: Engine[] = options.cluster ? ['redis', 'redis-cluster'] : ['redis']
  const up = await startEngines(engines)
  const rows: Row[] = []
  const differences: string[] = []
  try {
    for (const engine of engines)
      for (const crowd of CROWDS) {
        const run = await runOnce(up, engine, crowd, { requests, connections, corrupt: options.corrupt })
        rows.push(run.row)
        differences.push(...run.differences)
        progress(
          `${engine}, ${crowd.title}: ${run.row['claims/s']}/s, server ${run.row['server us']} us, client ${run.row['client us']} us`,
        )
      }
  } finally {
    pinTo(SERVER_CORE, process.pid)
    await up.remove()
  }
  const measured = Number(String(rows[0]?.['claims/s']).replaceAll(',', ''))
  return {
    tables: [{ title: `${requests} claims each, appendfsync always, ${connections} buyers`, rows }],
    goals: [{ what: 'durable claims a second', measured, goal: 100_000, atLeast: true }],
    differences,
    audited: `${rows.length * requests} claims against seats and log`,
  }
}

type Sizes = { requests: number; connections: number; corrupt: boolean }

async function runOnce(up: Engines, engine: Engine, crowd: Crowd, { requests, connections, corrupt }: Sizes) {
  const server = up.env[engine === 'redis' ? 'REDIS_URL' : 'REDIS_CLUSTER_URL'] as string
  const pids = up.pids(engine)
  const isPinned = [...pids.map((pid) => pinTo(SERVER_CORE, pid)), pinTo(CLIENT_CORE, process.pid)].every(Boolean)
  const ports = [...server.matchAll(/:(\d+)/g)].map(([, port]) => Number(port))
  const tellAll = (...command: string[]): string[] => ports.map((port) => redisCli(port, ...command))
  const ledger = await openLedger(`${server}?prefix=bench-${randomUUID().slice(0, 8)}`)
  try {
    await sell(ledger, houseFor(crowd, 'Warm', requests / 4), connections)
    // A rewrite of the file would be measured too, where it falls.
    tellAll('CONFIG', 'SET', 'auto-aof-rewrite-percentage', '0', 'slowlog-log-slower-than', '2000', 'slowlog-max-len', '100000')
    tellAll('SLOWLOG', 'RESET')
    tellAll('CONFIG', 'RESETSTAT')
    const callUs = costOfCall(up)
    const house = houseFor(crowd, 'Bench', requests)
    const drivingUs = await costOfDriving(house, connections)
    const before = { server: cpuOfAll(pids), client: process.cpuUsage() }
    const sold = await sell(ledger, house, connections)
    const serverUs = (cpuOfAll(pids) - before.server) / requests
    const { user, system } = process.cpuUsage(before.client)
    const batches = callsOf(tellAll('INFO', 'commandstats'), tellAll('SLOWLOG', 'LEN'))
    const { p50, p99 } = spread(sold.latenciesMs)
    const row: Row = {
      engine,
      claims: crowd.title,
      'claims/s': short(requests / sold.seconds),
      'server us': short(serverUs),
      'in calls': short(serverUs / callUs),
      'in functions': short(batches.us / requests),
      'client us': short((user + system) / requests),
      'of that the crowd': short(drivingUs),
      'a batch': short(requests / batches.count),
      'batch ms': short(batches.us / batches.count / 1000),
      'over 2 ms': `${short((batches.slow / batches.count) * 100)} %`,
      'p50 ms': short(p50),
      'p99 ms': short(p99),
      pinned: isPinned ? 'yes' : 'no',
    }
    if (corrupt) await ledger.commit({ ...wishOf(house, 0), key: { id: 'nobody', fingerprint: '' }, options: [spoiling] })
    return { row, differences: await audit(ledger, house, sold.outcomes) }
  } finally {
    await ledger.close()
    tellAll('FLUSHALL')
  }
}

/** A seat that nobody was told of: the last of a block, which no wish asks for. */
const spoiling: Option = { seats: [SEATS_A_WISH - 1], owners: ['nobody'], fact: '{"ticketId":"nobody-Bench"}' }

type House = Crowd & { name: string; count: number; zones: string[]; zoneSeats: number }

function houseFor(crowd: Crowd, name: string, count: number): House {
  const zones = Array.from({ length: ZONES * crowd.events }, (_, i) => `${name}${i % crowd.events}/${Math.floor(i / crowd.events) + 1}`)
  return { ...crowd, name, count, zones, zoneSeats: Math.ceil(count / zones.length) * SEATS_A_WISH }
}

/** Wish n goes to the n-th zone in turn, into a block of its own; blocks of a zone are taken out of order, as a crowd does. */
function wishOf({ zones, zoneSeats, seats, options, name }: House, n: number): Change {
  const blocks = zoneSeats / SEATS_A_WISH
  const block = (Math.floor(n / zones.length) * 7919) % blocks
  const ticket = `8f14e45f-ceea-467f-a2d1-${name}${n}`
  const optionOf = (shift: number): Option => {
    const first = block * SEATS_A_WISH + (shift % (SEATS_A_WISH - seats + 1))
    const set = seats === 1 ? [first] : [first, first + 1]
    return {
      seats: set,
      owners: seats === 1 ? [ticket] : [ticket, `${ticket}b`],
      fact: `{"v":1,"kind":"SeatsSold",${WORDS},"ticketId":"${ticket}","shift":${shift}}`,
    }
  }
  return {
    zone: zones[n % zones.length] as string,
    options: options === 1 ? [optionOf(0)] : Array.from({ length: options }, (_, shift) => optionOf(shift)),
    from: 'free',
    to: 'sold',
    at: NOW,
    key: { id: `POST /tickets 127.0.0.1 ${ticket}`, fingerprint: `${n * 7919} ${n * 104729}` },
  }
}

/** What the crowd itself costs this process: the same loop, and a ledger that answers everybody who waits at once and does nothing else. */
async function costOfDriving(house: House, buyers: number): Promise<number> {
  const outcome: Outcome = { ok: true, shard: '0', position: 1, fact: '', replayed: false }
  const waiting: ((outcome: Outcome) => void)[] = []
  function answer(): void {
    for (const resolve of waiting.splice(0)) resolve(outcome)
  }
  const commit = (): Promise<Outcome> => {
    const { promise, resolve } = Promise.withResolvers<Outcome>()
    if (waiting.push(resolve) === 1) setImmediate(answer)
    return promise
  }
  const from = process.cpuUsage()
  await sell({ open: async () => {}, commit }, house, buyers)
  const { user, system } = process.cpuUsage(from)
  return (user + system) / house.count
}

async function sell(ledger: Pick<Ledger, 'open' | 'commit'>, house: House, buyers: number) {
  await ledger.open(house.zones.map((zone) => ({ zone, seats: house.zoneSeats, gaps: [] })))
  const outcomes: Outcome[] = new Array(house.count)
  const latenciesMs = new Float64Array(house.count)
  let next = 0
  async function buyer(): Promise<void> {
    while (next < house.count) {
      const n = next++
      const from = performance.now()
      outcomes[n] = await ledger.commit(wishOf(house, n))
      latenciesMs[n] = performance.now() - from
    }
  }
  const startedMs = performance.now()
  await Promise.all(Array.from({ length: buyers }, buyer))
  return { outcomes, latenciesMs, seconds: (performance.now() - startedMs) / 1000 }
}

/** Of the server that stands alone; a cluster would send a key to another node. */
function costOfCall(up: Engines): number {
  const pids = up.pids('redis')
  const before = cpuOfAll(pids)
  redisCli(Number(new URL(up.env.REDIS_URL as string).port), 'EVAL', YARDSTICK, '0')
  return (cpuOfAll(pids) - before) / CALLS
}

/** What the servers say of the functions: calls, us in them by the clock, and calls that were slower than the slow log was told. */
function callsOf(stats: readonly string[], slow: readonly string[]): { count: number; us: number; slow: number } {
  const all = stats.map((text) => /cmdstat_fcall:calls=(\d+),usec=(\d+)/.exec(text) ?? [])
  const sum = (place: number): number => all.reduce((total, found) => total + Number(found[place] ?? 0), 0)
  return { count: sum(1), us: sum(2), slow: slow.reduce((total, text) => total + Number(text), 0) }
}

/** Each answer is a success and the log has its fact once at its position, without gaps; seats are sold as the answers say, and no others. */
async function audit(ledger: Ledger, house: House, outcomes: readonly Outcome[]): Promise<string[]> {
  const differences: string[] = []
  const logs = new Map<string, string[]>()
  for (const { shard, head } of await ledger.ends()) {
    const bodies = (await ledger.read({ shard, after: 0, limit: head })).map(({ position, body }, i) => {
      if (position !== i + 1) differences.push(`gap  shard ${shard}  position ${position} stands at ${i + 1}`)
      return body
    })
    if (bodies.length !== head) differences.push(`short  shard ${shard}  ${bodies.length} entries of ${head}`)
    logs.set(shard, bodies)
  }
  const expected = new Map(house.zones.map((zone) => [zone, new Uint8Array(house.zoneSeats).fill(FREE)]))
  const places = new Set<string>()
  for (const [n, outcome] of outcomes.entries()) {
    const { zone, options } = wishOf(house, n)
    if (!outcome.ok) {
      differences.push(`refused  ${zone}  claim ${n}: ${outcome.why}`)
      continue
    }
    places.add(`${outcome.shard} ${outcome.position}`)
    if (!logs.get(outcome.shard)?.[outcome.position - 1]?.endsWith(outcome.fact.slice(1))) differences.push(`lost  ${zone}  claim ${n}`)
    for (const seat of options.find(({ fact }) => fact === outcome.fact)?.seats ?? []) (expected.get(zone) as Uint8Array)[seat] = SOLD
  }
  if (places.size !== outcomes.length) differences.push(`double  ${outcomes.length - places.size} claims share a position`)
  const mine = [...logs.values()].flat().filter((body) => body.includes(`-${house.name}`)).length
  if (mine !== outcomes.length) differences.push(`surplus  the log has ${mine} entries of ${outcomes.length} claims`)
  for (const [zone, states] of expected)
    if (Buffer.compare((await ledger.seats(zone, NOW)) ?? new Uint8Array(), states) !== 0)
      differences.push(`seats  ${zone}  are not as answered`)
  return differences
}
