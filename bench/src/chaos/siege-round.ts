/** One round on real engines: a crowd, the plan's faults, quiet, and the judgement. */
import { setTimeout as wait } from 'node:timers/promises'
import { openLedger, openSql } from '@onsale/server/adapters'
import { storedPositions } from '@onsale/server/sql/positions'
import { type BookUrls, ticketsOf } from '../books.ts'
import { houseOf } from '../house.ts'
import { randomOf } from '../load/wishes.ts'
import type { Diary } from './buyer.ts'
import type { Camp } from './camp.ts'
import type { Cluster } from './cluster.ts'
import { type Crowd, gatherCrowd } from './crowd.ts'
import { type Arena, planOf, strike } from './faults.ts'
import { judge } from './judge.ts'
import type { RoundHouses } from './wishes.ts'

/** Between two faults buyers hear so many answers, or so much time goes by. */
const PEACE = { mostAnswers: 80, mostMs: 1000 }
/** After the last fault. */
const CALM = { answers: 60, mostMs: 30_000 }
/** The next fault does not wait for the end of this one. */
const OVERLAPPING = 0.5
/** How many rounds have messages repeated, and how many end with the death of all that sell. */
const SHARES = { repeated: 2 / 3, remembered: 1 / 3 }
/** What was sold must be visible so long after the last sale; longer when the read side was far behind. */
const CAUGHT_UP = { ms: 60_000, msAnEntry: 1 }

export type RoundOptions = {
  seed: number
  /** Faults a round at most, of its seed; or the very faults. */
  faults: number | readonly string[]
  /** How many entries the read side falls behind when it is made to. */
  behind: number
  houses: RoundHouses
  diary: Diary
  done: Map<string, number>
  /** Afterwards every process is told to stop. */
  isLast: boolean
}

/** `laps`: where its time went. */
export type Finding = { differences: string[]; seats: number; laps: string[] }

export async function playRound(camp: Camp, round: RoundOptions): Promise<Finding> {
  const { cluster, wires, engines, place } = camp
  const { seed, faults, behind, houses, diary, done } = round
  const random = randomOf(seed)
  const { laps, lap } = stopwatch()
  const isRepeated = random() < SHARES.repeated
  const plan = typeof faults === 'number' ? planOf(faults, random) : faults
  const run = { ...houseOf(behind, 'Run'), eventId: `Run${houses.strangers.eventId}` }
  const onSale = [...houses.fought, houses.strangers, ...(plan.includes('behind') ? [run] : [])]
  await camp.sell(onSale)
  const crowd = gatherCrowd({ ports: cluster.of('purchase').map(({ port }) => port), seed, diary, houses, run })
  const did = (what: string, times = 1): void => void (times > 0 && done.set(what, (done.get(what) ?? 0) + times))
  const arena: Arena = { cluster, random, wires, engines, did, fallBehind: crowd.run }
  try {
    if (isRepeated) {
      camp.repeater.signal('SIGCONT')
      did('messages repeated out of order')
    }
    const lateMs = plan.includes('behind') ? behind * CAUGHT_UP.msAnEntry : 0
    await sellUnder({ arena, plan, crowd, diary, lateMs })
    lap('selling')
    camp.repeater.signal('SIGSTOP')
    // Before any process is started again: one that starts publishes what another forgot.
    await caughtUp(place, diary, lateMs)
    lap('catching up')
    if (random() < SHARES.remembered) await dieAfterTheLastAnswer(arena)
    await crowd.askAgain()
    await caughtUp(place, diary)
    lap('remembering')
  } finally {
    crowd.close()
  }
  tellDeaths(arena, diary)
  await allVisible(
    cluster,
    diary,
    onSale.map(({ eventId }) => eventId),
  )
  if (round.isLast) await Promise.all(cluster.all.map((each) => endInGoodOrder(each, diary)))
  const found = await judge(place, diary, camp.past)
  lap('judging')
  return { ...found, laps }
}

function stopwatch() {
  const laps: string[] = []
  let sinceMs = performance.now()
  return {
    laps,
    lap(name: string) {
      const nowMs = performance.now()
      laps.push(`${name} ${((nowMs - sinceMs) / 1000).toFixed(1)}`)
      sinceMs = nowMs
    },
  }
}

type Selling = { arena: Arena; plan: readonly string[]; crowd: Crowd; diary: Diary; lateMs: number }

async function sellUnder({ arena, plan, crowd, diary, lateMs }: Selling): Promise<void> {
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
    await arena.cluster.ready(lateMs)
    await sellOn(diary, CALM.answers, CALM.mostMs)
  } finally {
    open = false
    await Promise.allSettled(striking)
  }
  await shopping
}

/** Until so many more were answered, or so long. */
async function sellOn(diary: Diary, answers: number, mostMs: number): Promise<void> {
  const heard = (): number => diary.bought.length + diary.refused.length
  const [untilAnswers, untilMs] = [heard() + answers, performance.now() + mostMs]
  while (heard() < untilAnswers && performance.now() < untilMs) await wait(2)
}

/** What buyers ask for again is then remembered by nobody but the ledger. */
async function dieAfterTheLastAnswer({ cluster, did }: Arena): Promise<void> {
  for (const each of cluster.of('purchase')) {
    await each.kill()
    did('killed a purchase')
  }
  await cluster.ready()
}

function tellDeaths({ cluster, did }: Arena, diary: Diary): void {
  for (const role of cluster.all) {
    did(`a ${role.roles} could not start yet`, role.failedStarts)
    if (role.ownDeaths > 0) diary.differences.push(`died  ${role.name} ended by itself ${role.ownDeaths} times`)
    role.failedStarts = role.ownDeaths = 0
  }
}

/** Until the read side has stored the whole log. */
async function caughtUp({ ledgerUrl, databaseUrl }: BookUrls, { differences }: Diary, lateMs = 0): Promise<void> {
  const ledger = await openLedger(ledgerUrl)
  const sql = await openSql(databaseUrl)
  const untilMs = performance.now() + CAUGHT_UP.ms + lateMs
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
      const most = least + (eventId === strangers.eventId ? strangers.unanswered : 0)
      if (count < least || count > most)
        differences.push(`not-visible  ${eventId}: ${least} to ${most} tickets were sold, whoever asks is told ${count}`)
    }
}

async function endInGoodOrder(role: Cluster['all'][number], diary: Diary): Promise<void> {
  const code = await role.stop()
  if (code !== 0) diary.differences.push(`exit-code  SIGTERM ended ${role.name} with ${code}`)
}
