/** One round on real engines: a cluster behind a bad network, a crowd, the plan's faults, quiet, and the judgement. */
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { openLedger, openSql } from '@onsale/server/adapters'
import { storedPositions } from '@onsale/server/sql/positions'
import { type BookUrls, ticketsOf } from '../books.ts'
import { type Child, startChild } from '../child.ts'
import { houseOf } from '../house.ts'
import { randomOf } from '../load/wishes.ts'
import type { Diary } from './buyer.ts'
import { type Cluster, startCluster } from './cluster.ts'
import { type Crowd, gatherCrowd } from './crowd.ts'
import { type Arena, planOf, strike } from './faults.ts'
import { judge } from './judge.ts'
import { type FaultyWire, startProxy } from './proxy.ts'
import { type Engines, type Place, type Servers, serversOf } from './servers.ts'
import type { SiegeOptions } from './siege.ts'
import { HOUSES, STRANGERS } from './wishes.ts'

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

export type Stage = Omit<SiegeOptions, 'rounds' | 'log'> & {
  folder: string
  diary: Diary
  done: Map<string, number>
  /** What is to be undone after the round, the last first. */
  ending: (() => Promise<unknown>)[]
}

export async function underSiege(place: Place, staged: Stage): Promise<{ differences: string[]; seats: number }> {
  const { engines, servers, seed, faults, behind, folder, diary, done, ending } = staged
  const random = randomOf(seed)
  const { urls, env, wires } = await throughBadNetwork(place, ending)
  const house = houseOf(behind, 'Crowd')
  const houses = [...HOUSES, STRANGERS, house]
  const settings = { ...env, NODE_OPTIONS: `--import=${CLOCK}` }
  const cluster = await startCluster({ urls, env: settings, folder, houses })
  ending.push(cluster.end)
  await cluster.ready()

  const crowd = gatherCrowd({ ports: cluster.of('purchase').map(({ port }) => port), seed, diary, house })
  ending.push(async () => crowd.close())
  const repeater = random() < 2 / 3 ? startRepeater(place, staged) : undefined
  const arena: Arena = {
    cluster,
    random,
    wires,
    engines: killable(servers, engines),
    did: (what, times = 1) => void (times > 0 && done.set(what, (done.get(what) ?? 0) + times)),
    fallBehind: crowd.run,
  }
  const plan = typeof faults === 'number' ? planOf(faults, random) : faults
  await sellUnder(arena, plan, crowd, diary)
  await repeater?.end('SIGKILL')
  // Before any process is started again: one that starts publishes what another forgot.
  await caughtUp(place, behind, diary)
  await dieAndRemember(arena, crowd)
  await caughtUp(place, 0, diary)
  for (const { name, roles, ownDeaths, failedStarts } of cluster.all) {
    arena.did(`a ${roles} could not start yet`, failedStarts)
    if (ownDeaths > 0) diary.differences.push(`died  ${name} ended by itself ${ownDeaths} times`)
  }
  await allVisible(
    cluster,
    diary,
    houses.map(({ eventId }) => eventId),
  )
  for (const each of cluster.all) await endInGoodOrder(each, diary)
  return judge(place, diary)
}

function killable(servers: Servers, engines: Engines): Arena['engines'] {
  const [ledger, bus, database] = serversOf(engines).map((name) => ({ name, crash: () => servers.crash(name), up: () => servers.up(name) }))
  return { ledger, bus, database } as Arena['engines']
}

type BadNetwork = { urls: Place; env: Record<string, string>; wires: Arena['wires'] }

/** Ledger, database and bus are reached by way of a proxy each. */
async function throughBadNetwork(place: Place, ending: Stage['ending']): Promise<BadNetwork> {
  async function by(text: string): Promise<{ url: string; wire: FaultyWire }> {
    const url = new URL(text)
    const wire = await startProxy(url.hostname, Number(url.port))
    ending.push(wire.close)
    url.port = String(wire.port)
    return { url: url.href, wire }
  }
  const [ledger, database] = [await by(place.ledgerUrl), await by(place.databaseUrl)]
  const urls = { ...place, ledgerUrl: ledger.url, databaseUrl: database.url }
  if (place.busWire) return { urls, env: place.env, wires: { ledger: ledger.wire, bus: place.busWire, database: database.wire } }
  const bus = await by(place.env.AWS_ENDPOINT_URL as string)
  return { urls, env: { ...place.env, AWS_ENDPOINT_URL: bus.url }, wires: { ledger: ledger.wire, bus: bus.wire, database: database.wire } }
}

function startRepeater(place: Place, { folder, done, ending }: Stage): Child {
  const urls = { LEDGER_URL: place.ledgerUrl, BUS_URL: place.busUrl, DATABASE_URL: place.databaseUrl, DATA_DIR: folder }
  const repeater = startChild(REPEATER, [], { ...place.env, ...urls })
  ending.push(() => repeater.end('SIGKILL'))
  done.set('messages repeated out of order', 1)
  return repeater
}

async function sellUnder(arena: Arena, plan: readonly string[], crowd: Crowd, diary: Diary): Promise<void> {
  let open = true
  const shopping = crowd.shop(() => open)
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

/** Every process that sells dies right after its last answer; then buyers ask again. */
async function dieAndRemember({ cluster, did }: Arena, crowd: Crowd): Promise<void> {
  for (const each of cluster.of('purchase')) {
    await each.kill()
    did('killed a purchase')
  }
  await cluster.ready()
  await crowd.askAgain()
}

/** Until the read side has stored the whole log. */
async function caughtUp({ ledgerUrl, databaseUrl }: BookUrls, behind: number, { differences }: Diary): Promise<void> {
  const ledger = await openLedger(ledgerUrl)
  const sql = await openSql(databaseUrl)
  const untilMs = performance.now() + CAUGHT_UP.ms + behind * CAUGHT_UP.msAnEntry
  try {
    for (;;) {
      const stored = await storedPositions(sql)
      const late = (await ledger.ends()).filter(({ shard, head }) => (stored.get(shard) ?? 0) < head)
      if (late.length === 0) return
      if (performance.now() > untilMs) {
        for (const { shard, head } of late)
          differences.push(`stuck  shard ${shard}: the log ends at ${head}, the read side stays at ${stored.get(shard) ?? 0}`)
        return
      }
      await wait(50)
    }
  } finally {
    await ledger.close()
    await sql.close()
  }
}

/** What was sold is what whoever asks is told; of strangers some may have missed the answer. */
async function allVisible(cluster: Cluster, { bought, strangers, differences }: Diary, eventIds: readonly string[]): Promise<void> {
  const sold = [...bought.map(({ body }) => body), ...strangers.sold].flatMap(ticketsOf)
  for (const { port } of cluster.of('query'))
    for (const eventId of eventIds) {
      const answer = await fetch(`http://127.0.0.1:${port}/query/api/v1/tickets/count/${eventId}`)
      const { count } = (await answer.json()) as { count: number }
      const least = sold.filter((ticket) => ticket.eventId === eventId).length
      const most = least + (eventId === STRANGERS.eventId ? strangers.unanswered : 0)
      if (count < least || count > most)
        differences.push(`not-visible  ${eventId}: ${least} to ${most} tickets were sold, whoever asks is told ${count}`)
    }
}

async function endInGoodOrder(role: Cluster['all'][number], diary: Diary): Promise<void> {
  const code = await role.stop()
  if (code !== 0) diary.differences.push(`exit-code  SIGTERM ended ${role.name} with ${code}`)
}
