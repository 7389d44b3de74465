/**
 * The same question as chaos.ts, of many processes on real engines: is anything lost, doubled or told differently, whatever happens?
 *
 * Two purchase processes, two projectors and one for queries on Redis (appendfsync always), Kafka or SNS + SQS, PostgreSQL or MariaDB, each
 * started again when it dies. Buyers go to both purchase processes, and with every retry to the other one. Meanwhile a plan from the seed
 * strikes (faults.ts), in two of three rounds a process repeats all messages out of order (repeater.ts), and the wires to ledger and database lead
 * through a bad network (proxy.ts). In the end everything runs, the read side has caught up, and the judgement is that of chaos.ts.
 *
 * The seed fixes wishes and plan, not how processes interleave.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { openLedger, openSql } from '@onsale/server/adapters'
import { storedPositions } from '@onsale/server/sql/positions'
import { type BookUrls, ticketsOf } from '../books.ts'
import { type Child, startChild } from '../child.ts'
import { houseOf, seatOfBuyer } from '../house.ts'
import { randomOf } from '../load/wishes.ts'
import { type Buyer, createBuyer, type Diary, newDiary } from './buyer.ts'
import { type Cluster, startCluster } from './cluster.ts'
import { type Arena, planOf, strike } from './faults.ts'
import { judge } from './judge.ts'
import { type FaultyWire, startProxy } from './proxy.ts'
import { type Engines, type Place, type Servers, serversOf } from './servers.ts'
import { HOUSES } from './wishes.ts'

const BUYERS = 24
const REPEATER = fileURLToPath(new URL('./repeater.ts', import.meta.url))
const CLOCK = new URL('./clock.ts', import.meta.url).href
/** Between two faults buyers hear so many answers, or so much time goes by. */
const PEACE = { mostAnswers: 150, mostMs: 1500 }
/** After the last fault. */
const CALM = { answers: 60, mostMs: 30_000 }
/** The next fault does not wait for the end of this one. */
const OVERLAPPING = 0.3
/** What was sold must be visible so long after the last sale; longer when the read side was far behind. */
const CAUGHT_UP = { ms: 60_000, msAnEntry: 1 }
const MOST_REPLAYS = 3000

export type SiegeOptions = {
  engines: Engines
  servers: Servers
  rounds: number
  seed: number
  /** Faults a round at most, of its seed; or the very faults. */
  faults: number | readonly string[]
  /** How many entries the read side falls behind when it is made to. */
  behind: number
  log: (line: string) => void
}
export type SiegeResult = {
  done: Map<string, number>
  answers: number
  seats: number
  refused: number
  replays: number
  differences: string[]
}

export async function siege({ rounds, seed, log, ...options }: SiegeOptions): Promise<SiegeResult> {
  const total: SiegeResult = { done: new Map(), answers: 0, seats: 0, refused: 0, replays: 0, differences: [] }
  for (let n = 0; n < rounds; n++) {
    const { diary, done, seats, differences, seconds, folder } = await playSiege({ ...options, seed: seed + n })
    for (const [what, times] of done) total.done.set(what, (total.done.get(what) ?? 0) + times)
    total.answers += diary.bought.length
    total.seats += seats
    total.refused += diary.refused.length
    total.replays += diary.replays
    total.differences.push(...differences.map((difference) => `seed ${seed + n}: ${difference}`))
    const late = diary.bought.filter(({ retries }) => retries > 0).length
    const verdict = differences.length === 0 ? 'ok' : `${differences.length} DIFFERENCES, logs in ${folder}`
    log(
      `round ${n + 1}/${rounds}  seed ${seed + n}  sold ${seats} seats in ${diary.bought.length} answers (${late} after a retry), refused ${diary.refused.length}  ` +
        `lost connections ${diary.lost}, 503 ${diary.told503}, 500 ${diary.told500}  replays ${diary.replays}  ${verdict}  ${seconds.toFixed(1)} s`,
    )
    log(`  ${countsText(done)}`)
    for (const difference of differences.slice(0, 10)) log(`  ${difference.slice(0, 400)}`)
  }
  return total
}

export const countsText = (done: ReadonlyMap<string, number>): string =>
  [...done].map(([what, times]) => (times === 1 ? what : `${what} ${times}x`)).join(', ') || 'nothing was done'

type Round = { diary: Diary; done: Map<string, number>; seats: number; differences: string[]; seconds: number; folder: string }

async function playSiege(options: Omit<SiegeOptions, 'rounds' | 'log'>): Promise<Round> {
  const { engines, servers } = options
  const startedMs = performance.now()
  const folder = await mkdtemp(join(tmpdir(), 'onsale-siege-'))
  const diary = newDiary()
  const done = new Map<string, number>()
  let seats = 0
  let differences: string[]
  const ending: (() => Promise<unknown>)[] = []
  try {
    for (const name of serversOf(engines)) await servers.up(name)
    const place = await servers.newPlace(engines)
    ending.push(place.remove)
    const found = await judgeSiege(place, { ...options, folder, diary, done, ending })
    seats = found.seats
    differences = found.differences
  } catch (error) {
    differences = [...diary.differences, `round-broke-off  ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`]
  }
  // A server that is down cannot give its database back; the folder of all servers goes in the end.
  for (const end of ending.reverse()) await end().catch(() => undefined)
  if (differences.length === 0) await rm(folder, { recursive: true, force: true })
  return { diary, done, seats, differences, seconds: (performance.now() - startedMs) / 1000, folder }
}

type Staged = Omit<SiegeOptions, 'rounds' | 'log'> & {
  folder: string
  diary: Diary
  done: Map<string, number>
  /** What is to be undone after the round, the last first. */
  ending: (() => Promise<unknown>)[]
}

async function judgeSiege(place: Place, staged: Staged): Promise<{ differences: string[]; seats: number }> {
  const { engines, servers, seed, faults, behind, folder, diary, done, ending } = staged
  const random = randomOf(seed)
  const { urls, env, wires } = await throughBadNetwork(place)
  ending.push(() => Promise.all(wires.map(({ proxy }) => proxy.close())))
  const house = houseOf(behind, 'Crowd')
  const settings = { ...env, NODE_OPTIONS: `--import=${CLOCK}` }
  const cluster = await startCluster({ urls, env: settings, folder, houses: [...HOUSES, house] })
  ending.push(cluster.end)
  await cluster.ready()

  const ports = cluster.of('purchase').map(({ port }) => port)
  const all = Array.from({ length: BUYERS * 2 }, (_, i) =>
    createBuyer({ ports, random: randomOf(seed * 1000 + i), diary, isPatient: true }),
  )
  const [buyers, crowd] = [all.slice(0, BUYERS), all.slice(BUYERS)]
  ending.push(async () => {
    for (const buyer of all) buyer.close()
  })
  const repeater = random() < 2 / 3 ? startRepeater(place, staged) : undefined
  let sold = 0
  const arena: Arena = {
    cluster,
    random,
    wires,
    engines: serversOf(engines).map((name) => ({ name, crash: () => servers.crash(name), up: () => servers.up(name) })),
    did: (what, times = 1) => void (times > 0 && done.set(what, (done.get(what) ?? 0) + times)),
    // A crowd of its own: every seat of its house, an entry each.
    fallBehind: async () => {
      await Promise.all(
        crowd.map(async (buyer) => {
          while (sold < behind) await buyer.buy({ venueId: house.venueId, eventId: house.eventId, ...seatOfBuyer(house, sold++) })
        }),
      )
    },
  }
  const plan = typeof faults === 'number' ? planOf(1 + Math.floor(random() * faults), random) : faults
  await sellUnder(arena, plan, buyers, diary)
  await rememberAfterDeath(arena, buyers, diary)
  await repeater?.end('SIGKILL')
  await caughtUp(place, done.has('read side far behind') ? behind : 0)
  await allVisible(
    cluster,
    diary,
    [...HOUSES, house].map(({ eventId }) => eventId),
  )
  for (const each of cluster.all) await endInGoodOrder(each, diary)
  return judge(place, diary)
}

/** Ledger and database are reached by way of a proxy each. */
async function throughBadNetwork(
  place: Place,
): Promise<{ urls: Place; env: Record<string, string>; wires: { name: string; proxy: FaultyWire }[] }> {
  const wires: { name: string; proxy: FaultyWire }[] = []
  const by = async (name: string, text: string): Promise<string> => {
    const url = new URL(text)
    const proxy = await startProxy(url.hostname, Number(url.port))
    wires.push({ name, proxy })
    url.port = String(proxy.port)
    return url.href
  }
  const urls = { ...place, ledgerUrl: await by('ledger', place.ledgerUrl), databaseUrl: await by('database', place.databaseUrl) }
  // Brokers of Kafka tell their clients where they are, and are reached straight.
  const endpoint = place.env.AWS_ENDPOINT_URL
  const env = endpoint ? { ...place.env, AWS_ENDPOINT_URL: await by('bus', endpoint) } : place.env
  return { urls, env, wires }
}

function startRepeater(place: Place, { folder, done, ending }: Staged): Child {
  const urls = { LEDGER_URL: place.ledgerUrl, BUS_URL: place.busUrl, DATABASE_URL: place.databaseUrl, DATA_DIR: folder }
  const repeater = startChild(REPEATER, [], { ...place.env, ...urls })
  ending.push(() => repeater.end('SIGKILL'))
  done.set('messages repeated out of order', 1)
  return repeater
}

async function sellUnder(arena: Arena, plan: readonly string[], buyers: readonly Buyer[], diary: Diary): Promise<void> {
  let open = true
  const shopping = Promise.all(buyers.map((buyer) => buyer.shop(() => open)))
  shopping.catch(() => undefined) // awaited below, when everything is up for good
  const striking: Promise<void>[] = []
  try {
    for (const fault of plan) {
      await sellOn(diary, arena.random() * PEACE.mostAnswers, PEACE.mostMs)
      const struck = strike(fault, arena)
      struck.catch(() => undefined) // awaited below
      striking.push(struck)
      if (arena.random() >= OVERLAPPING) await struck
    }
    await Promise.all(striking)
    await arena.cluster.ready()
    await sellOn(diary, CALM.answers, CALM.mostMs)
  } finally {
    open = false
  }
  await shopping
}

/** Until so many more were answered, or so long. */
async function sellOn(diary: Diary, answers: number, mostMs: number): Promise<void> {
  const heard = (): number => diary.bought.length + diary.refused.length
  const [untilAnswers, untilMs] = [heard() + answers, performance.now() + mostMs]
  while (heard() < untilAnswers && performance.now() < untilMs) await wait(2)
}

/** Every process that sells dies right after its last answer; then buyers ask again for what they have, everything or a part of it. */
async function rememberAfterDeath({ cluster, did }: Arena, buyers: readonly Buyer[], diary: Diary): Promise<void> {
  for (const each of cluster.of('purchase')) {
    await each.kill()
    did('killed a purchase')
  }
  await cluster.ready()
  const all = [...diary.bought]
  const step = Math.max(1, Math.ceil(all.length / MOST_REPLAYS))
  await Promise.all(
    buyers.map(async (buyer, i) => {
      for (let n = i * step; n < all.length; n += buyers.length * step) await buyer.replay(all[n] as (typeof all)[number])
    }),
  )
}

/** Until the read side has stored the whole log; if not, the audit tells what is missing. */
async function caughtUp({ ledgerUrl, databaseUrl }: BookUrls, behind: number): Promise<void> {
  const ledger = await openLedger(ledgerUrl)
  const sql = await openSql(databaseUrl)
  const untilMs = performance.now() + CAUGHT_UP.ms + behind * CAUGHT_UP.msAnEntry
  try {
    for (;;) {
      const stored = await storedPositions(sql)
      if ((await ledger.ends()).every(({ shard, head }) => (stored.get(shard) ?? 0) >= head) || performance.now() > untilMs) return
      await wait(50)
    }
  } finally {
    await ledger.close()
    await sql.close()
  }
}

/** What is stored is what whoever asks is told. */
async function allVisible(cluster: Cluster, diary: Diary, eventIds: readonly string[]): Promise<void> {
  const sold = diary.bought.flatMap(({ body }) => ticketsOf(body))
  for (const { port } of cluster.of('query'))
    for (const eventId of eventIds) {
      const answer = await fetch(`http://127.0.0.1:${port}/query/api/v1/tickets/count/${eventId}`)
      const { count } = (await answer.json()) as { count: number }
      const expected = sold.filter((ticket) => ticket.eventId === eventId).length
      if (count !== expected)
        diary.differences.push(`not-visible  ${eventId}: ${expected} tickets were sold, whoever asks is told ${count}`)
    }
}

async function endInGoodOrder(role: Cluster['all'][number], diary: Diary): Promise<void> {
  const code = await role.stop()
  if (code !== 0) diary.differences.push(`exit-code  SIGTERM ended ${role.name} with ${code}`)
}
