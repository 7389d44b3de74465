/**
 * What does a durable purchase cost, with everything that follows from it, against a bare JSON echo?
 *
 * Both servers run all the time and are asked in turn, A B A B, by the same client over as many connections. The purchase's CPU is read
 * when SQL has caught up, so that key, ledger, relay and projection are in it. Ratios hold on a noisy machine; single figures do not.
 */
import { memoryMiB } from './cpu.ts'
import { type House, houseOf, seatsOf } from './house.ts'
import type { Plan } from './load/plan.ts'
import { type Measured, measure, type Target } from './measure.ts'
import { median, short } from './numbers.ts'
import { settle } from './options.ts'
import type { Benchmark, Progress, Result, Row } from './result.ts'
import { closeBooks, onStage, type Stage } from './stage.ts'
import { echoPlan, startUnit } from './unit.ts'

/** How many requests are made ready: more a second than any machine of today answers. */
const MOST_PER_SECOND = 60_000
/** Compilers have done most of their work by then: after 20,000 they still took 1.5 % of the CPU of the first repeats. */
const WARM_UP = { requests: 60_000, seconds: 15 }

type Pair = { echo: Measured; purchase: Measured }

export const echo: Benchmark = async (options, progress) => {
  const { seats, ...sizes } = settle(options, { seconds: [3, 1], repeats: [5, 3], connections: [64, 64], seats: [1_000_000, 250_000] })
  const house = houseOf(seats)
  return onStage([house], async (stage) => {
    const unit = await startUnit()
    try {
      progress(`both servers are ready; a house of ${seatsOf(house)} seats`)
      const { pairs, answers } = await interleave(stage, unit, house, sizes, progress)
      const memory = memoryMiB(stage.product.pid)?.highest
      progress('audit')
      return { ...summary(pairs, memory), ...(await closeBooks(stage.product, answers, options)) }
    } finally {
      await unit.stop()
    }
  })
}

type Sizes = { seconds: number; repeats: number; connections: number }

async function interleave(
  { product, load }: Stage,
  unit: Target,
  house: House,
  { seconds, repeats, connections }: Sizes,
  progress: Progress,
): Promise<{ pairs: Pair[]; answers: string[] }> {
  const answers: string[] = []
  const pairs: Pair[] = []
  let first = 0

  async function pair(count: number, seconds: number): Promise<Pair> {
    const echo = await measure(load, unit, echoPlan({ count, seconds, connections }))
    const left = seatsOf(house) - first
    if (left < 1000) throw new Error(`A house of ${seatsOf(house)} seats is too small: give more --seats, or fewer --seconds or --repeats.`)
    const plan: Omit<Plan, 'port'> = {
      connections,
      requests: { kind: 'buyers', count: Math.min(count, left), house, first },
      pace: { kind: 'closed', seconds },
      keepSold: true,
    }
    const purchase = await measure(load, product, plan, async ({ sold }) => {
      for (const { body } of sold) answers.push(body)
      await product.caughtUp(house, answers.length)
    })
    first += purchase.requests
    return { echo, purchase }
  }

  await pair(WARM_UP.requests, WARM_UP.seconds)
  for (let repeat = 1; repeat <= repeats; repeat++) {
    const { echo, purchase } = await pair(Math.ceil(seconds * MOST_PER_SECOND), seconds)
    pairs.push({ echo, purchase })
    const each = [echo, purchase].map(({ cpuUs, perSecond }) => `${short(cpuUs)} us ${short(perSecond)}/s`)
    const [echoes, rate] = ratios({ echo, purchase })
    progress(`${repeat}/${repeats}: echo ${each[0]}, purchase ${each[1]}: ${short(echoes)} echoes, ${short(rate)} of the rate`)
  }
  return { pairs, answers }
}

const ratios = ({ echo, purchase }: Pair): [echoes: number, rate: number] => [
  purchase.cpuUs / echo.cpuUs,
  purchase.perSecond / echo.perSecond,
]

function summary(pairs: readonly Pair[], memory: number | undefined): Pick<Result, 'tables' | 'goals'> {
  const medians: Row[] = (['echo', 'purchase'] as const).map((what) => {
    const of = (figure: Exclude<keyof Measured, 'threads'>): string => short(median(pairs.map((pair) => pair[what][figure])))
    return {
      '': what,
      'CPU us': of('cpuUs'),
      'of that kernel': of('kernelUs'),
      'per second': of('perSecond'),
      'p50 ms': of('p50'),
      'p99 ms': of('p99'),
      "client's CPU us": of('clientCpuUs'),
    }
  })
  const each = pairs.map(({ echo, purchase }, i) => ({
    repeat: i + 1,
    'echo CPU us': short(echo.cpuUs),
    'purchase CPU us': short(purchase.cpuUs),
    echoes: short(ratios({ echo, purchase })[0]),
    'echo /s': short(echo.perSecond),
    'purchase /s': short(purchase.perSecond),
    "of the echo's rate": short(ratios({ echo, purchase })[1]),
  }))
  const echoes = median(pairs.map((pair) => ratios(pair)[0]))
  const rate = median(pairs.map((pair) => ratios(pair)[1]))
  return {
    tables: [
      { title: 'Each repeat', rows: each },
      { title: `Medians of ${pairs.length}${memory ? `; the product's memory was ${memory} MiB at its highest` : ''}`, rows: medians },
      { title: 'Where the CPU of a purchase goes, by thread', rows: threadRows(pairs.map(({ purchase }) => purchase)) },
    ],
    goals: [
      { what: 'echoes of CPU a purchase, at least', measured: echoes, goal: 2.6, atLeast: false },
      { what: 'echoes of CPU a purchase, the goal', measured: echoes, goal: 1.8, atLeast: false },
      { what: "share of the echo's rate, at least", measured: rate, goal: 0.45, atLeast: true },
      { what: "share of the echo's rate, the goal", measured: rate, goal: 0.7, atLeast: true },
    ],
  }
}

/** Threads of the same name are numbered by age: the ledger's is the first worker, the projector's the second. */
function threadRows(purchases: readonly Measured[]): Row[] {
  const names = [...(purchases[0]?.threads.keys() ?? [])]
  const rows = names.map((name) => {
    const of = (figure: 'us' | 'kernelUs'): number => median(purchases.map(({ threads }) => threads.get(name)?.[figure] ?? Number.NaN))
    return { thread: name, us: of('us'), kernelUs: of('kernelUs') }
  })
  return rows
    .filter(({ us }) => us >= 0.2)
    .sort((a, b) => b.us - a.us)
    .map(({ thread, us, kernelUs }) => ({ thread, 'CPU us': short(us), 'of that kernel': short(kernelUs) }))
}
