/**
 * What does a purchase cost the purchase role when Redis, a bus and PostgreSQL are servers of their own, against the embedded product?
 *
 * Both run at once and are asked in turn by the same client. Roles are processes: purchase, projector, query. The purchase role's CPU is
 * compared with that of the whole embedded process, which does the work of ledger and database too; what the servers use stands beside it.
 * Then buyers come at a rated load, and every so many-th ticket is followed from its 201 until the query role shows it.
 */
import { setTimeout as wait } from 'node:timers/promises'
import { auditBooks } from './books.ts'
import { cpuOfAll, type Engine, type Engines, startEngines, withChildren } from './engines-up.ts'
import { type House, houseOf } from './house.ts'
import { type Load, startLoad } from './load/load.ts'
import type { Plan } from './load/plan.ts'
import { type Measured, measure, oddStatuses, type Target } from './measure.ts'
import { median, short, spread } from './numbers.ts'
import { settle } from './options.ts'
import { placesOn } from './places.ts'
import { startProduct } from './product.ts'
import type { Benchmark, Goal, Result, Row } from './result.ts'
import { startRoles } from './roles-up.ts'
import { spoilings } from './spoil.ts'

const BUSES: { name: string; place: string; engine: Engine }[] = [
  { name: 'Kafka', place: 'kafka', engine: 'kafka' },
  { name: 'SNS + SQS', place: 'sns-sqs', engine: 'fauxqs' },
]
const WARM_UP = { requests: 10_000, seconds: 10 }
const MOST_PER_SECOND = 20_000
const LATE_MS = 5000
const FOLLOWED = 400

type Sizes = { seconds: number; repeats: number; connections: number; rate: number }

export const engines: Benchmark = async (options, progress) => {
  const sizes = settle(options, { seconds: [3, 1], repeats: [3, 1], connections: [64, 32], rate: [1000, 200] })
  const result: Result = { tables: [], goals: [], differences: [], audited: '' }
  for (const bus of BUSES) {
    const run = await runOn(bus, { ...sizes, corrupt: options.corrupt }, (text) => progress(`${bus.name}: ${text}`))
    result.tables.push({ title: `Redis, ${bus.name}, PostgreSQL; medians of ${sizes.repeats}`, rows: run.rows })
    result.goals.push(...run.goals)
    result.differences.push(...run.differences)
    result.audited += `${result.audited && '; '}${bus.name}: ${run.audited}`
  }
  return result
}

async function runOn(
  { name, place, engine }: (typeof BUSES)[number],
  { corrupt, ...sizes }: Sizes & { corrupt: boolean },
  progress: (text: string) => void,
) {
  const house = houseOf(250_000)
  const up = await startEngines(['redis', engine, 'postgres'])
  const { urls } = await placesOn(`redis,${place},postgres`, up.env)
  const load = startLoad()
  const embedded = await startProduct([house])
  const roles = await startRoles(house, urls, up.env)
  try {
    progress('all is up')
    const answers: string[] = []
    const buy = buyerOf(load, house, sizes, answers, (tickets) => roles.caughtUp(house, tickets))
    const { pairs } = await interleave(buy, embedded, roles, sizes, progress)
    const servers = serversOf(up, engine)
    const beforeUs = servers.map(({ pids }) => cpuOfAll(pids()))
    const lag = await buy.atRate(roles, roles.queryPort)
    const serverUs = servers.map(({ pids }, i) => (cpuOfAll(pids()) - (beforeUs[i] as number)) / lag.sold.length)
    await roles.stop()
    const books = await auditBooks(roles.books, answers, corrupt ? spoilings.delete : undefined)
    const lags = spread(lag.lagsMs)
    const ratio = median(pairs.map(([one, other]) => one.cpuUs / other.cpuUs))
    const rows: Row[] = [
      rowOf(
        'embedded, the whole process',
        pairs.map(([one]) => one),
      ),
      rowOf(
        'purchase role',
        pairs.map(([, other]) => other),
      ),
    ]
    servers.forEach(({ name: server }, i) => {
      rows.push({ '': `${server}, at ${sizes.rate}/s`, 'CPU us': short(serverUs[i] as number) })
    })
    const goals: Goal[] = [
      { what: `${name}: requests per CPU second of the purchase role, of the embedded figure`, measured: ratio, goal: 0.8, atLeast: true },
      {
        what: `${name}: p99 from the 201 until the ticket can be read, ms, at ${sizes.rate}/s`,
        measured: lags.p99,
        goal: 2000,
        atLeast: false,
      },
    ]
    return { rows, goals, differences: [...oddStatuses(lag, [201]), ...lag.lost, ...books.differences], audited: books.checked }
  } finally {
    load.close()
    await roles.remove()
    await embedded.remove()
    await up.remove()
  }
}

const serversOf = (up: Engines, bus: Engine) =>
  (['redis', bus, 'postgres'] as const).map((name) => ({ name, pids: () => withChildren(up.pids(name)) }))

/** Buys seats that nobody else asks for: of the embedded house and of the roles' house each from the first on. */
function buyerOf(
  load: Load,
  house: House,
  { connections, rate, seconds }: Sizes,
  answers: string[],
  caughtUp: (tickets: number) => Promise<void>,
) {
  const next = new Map<number, number>()
  const planFor = ({ pid }: Target, count: number, pace: Plan['pace']): Omit<Plan, 'port'> => {
    const first = next.get(pid) ?? 0
    return { connections, requests: { kind: 'buyers', count, house, first }, pace, keepSold: true }
  }
  const took = ({ pid }: Target, requests: number): void => void next.set(pid, (next.get(pid) ?? 0) + requests)
  return {
    async closed(target: Target, count: number, forSeconds: number, isEmbedded: boolean): Promise<Measured> {
      const measured = await measure(load, target, planFor(target, count, { kind: 'closed', seconds: forSeconds }), async ({ sold }) => {
        if (!isEmbedded) for (const { body } of sold) answers.push(body)
        if (isEmbedded) return void (await wait(1000))
        await caughtUp(answers.length)
      })
      took(target, measured.requests)
      return measured
    },
    async atRate(target: Target, followPort: number) {
      const count = rate * seconds * 2
      const plan = planFor(target, count, { kind: 'open', perSecond: rate, lateMs: LATE_MS })
      const report = await load.run({ ...plan, port: target.port, followPort, followEvery: Math.max(1, Math.floor(count / FOLLOWED)) })
      for (const { body } of report.sold) answers.push(body)
      await caughtUp(answers.length)
      return report
    },
  }
}

type Buy = ReturnType<typeof buyerOf>

async function interleave(buy: Buy, embedded: Target, purchase: Target, { seconds, repeats }: Sizes, progress: (text: string) => void) {
  const pairs: [Measured, Measured][] = []
  const pair = async (count: number, forSeconds: number): Promise<[Measured, Measured]> => [
    await buy.closed(embedded, count, forSeconds, true),
    await buy.closed(purchase, count, forSeconds, false),
  ]
  await pair(WARM_UP.requests, WARM_UP.seconds)
  for (let repeat = 1; repeat <= repeats; repeat++) {
    const [one, other] = await pair(Math.ceil(seconds * MOST_PER_SECOND), seconds)
    pairs.push([one, other])
    progress(`${repeat}/${repeats}: embedded ${short(one.cpuUs)} us, purchase role ${short(other.cpuUs)} us`)
  }
  return { pairs }
}

function rowOf(what: string, runs: readonly Measured[]): Row {
  const of = (figure: (run: Measured) => number): number => median(runs.map(figure))
  return {
    '': what,
    'CPU us': short(of(({ cpuUs }) => cpuUs)),
    'a CPU second': short(1e6 / of(({ cpuUs }) => cpuUs)),
    'purchases/s': short(of(({ perSecond }) => perSecond)),
    'p50 ms': short(of(({ p50 }) => p50)),
    'p99 ms': short(of(({ p99 }) => p99)),
  }
}
