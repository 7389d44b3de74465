/**
 * Is a purchase as fast in a house of a million seats as in one of 5,000?
 *
 * As many purchases in each, from a fresh house in a fresh process, size after size and then again. Before, the same number of
 * purchases in a second house of the same process warms up its compilers: it is the same small house for all sizes.
 */
import { memoryMiB } from './cpu.ts'
import { type House, houseOf, seatsOf } from './house.ts'
import type { Plan } from './load/plan.ts'
import { type Measured, measure } from './measure.ts'
import { median, short } from './numbers.ts'
import { type Options, settle } from './options.ts'
import type { Benchmark, Row } from './result.ts'
import { closeBooks, onStage } from './stage.ts'

const WARM = houseOf(12_500, 'Warm')
const WARM_UP_BUYERS = 10_000
const MOST_SECONDS = 60

type Run = { named: Measured; best: Measured; memoryMiB: number; readyMs: number; differences: string[]; audited: string }
type Sizes = { requests: number; connections: number }

export const flat: Benchmark = async (options, progress) => {
  const { repeats, ...sizes } = settle(options, { repeats: [5, 1], requests: [4000, 2000], connections: [64, 64] })
  if (sizes.requests > 4900) throw new Error('--requests: the smallest house has 5,000 seats')
  const houses = (options.quick ? [5_000, 50_000] : [5_000, 50_000, 1_000_000]).map((seats) => houseOf(seats))
  const runs = new Map<House, Run[]>(houses.map((house) => [house, []]))
  for (let repeat = 1; repeat <= repeats; repeat++)
    for (const house of houses) {
      const run = await runOnce(house, sizes, options)
      runs.get(house)?.push(run)
      progress(`${repeat}/${repeats}: ${seatsOf(house)} seats: ${short(run.named.perSecond)}/s, ${short(run.named.cpuUs)} us`)
    }
  const all = [...runs.values()].flat()
  const [smallest, largest] = [runs.get(houses[0] as House) ?? [], runs.get(houses.at(-1) as House) ?? []]
  const rows = houses.map((house) => rowOf(house, runs.get(house) ?? [], smallest))
  return {
    tables: [{ title: `Medians of ${repeats}, ${sizes.requests} purchases each`, rows }],
    goals: [
      {
        what: 'rate in the largest house, of that in the smallest',
        measured: share(largest, smallest, 'perSecond'),
        goal: 0.9,
        atLeast: true,
      },
      {
        what: 'CPU of a purchase in the largest, of that in the smallest',
        measured: share(largest, smallest, 'cpuUs'),
        goal: 1.1,
        atLeast: false,
      },
    ],
    differences: all.flatMap(({ differences }) => differences),
    audited: `${all.length} houses; the last: ${all.at(-1)?.audited}`,
  }
}

async function runOnce(house: House, { requests, connections }: Sizes, options: Options): Promise<Run> {
  return onStage([WARM, house], async ({ product, load }) => {
    const answers: string[] = []
    const plan = (of: Plan['requests']): Omit<Plan, 'port'> => ({
      connections,
      requests: of,
      pace: { kind: 'closed', seconds: MOST_SECONDS },
      keepSold: true,
    })
    const buy = async (of: Extract<Plan['requests'], { house: House }>, before: number): Promise<Measured> =>
      measure(load, product, plan(of), async ({ sold }) => {
        for (const { body } of sold) answers.push(body)
        await product.caughtUp(of.house, before + sold.length)
      })
    await buy({ kind: 'buyers', count: WARM_UP_BUYERS, house: WARM, first: 0 }, 0)
    const named = await buy({ kind: 'buyers', count: requests, house, first: 0 }, 0)
    const best = await buy({ kind: 'best', count: Math.min(1000, seatsOf(house) - requests), house }, requests)
    const memory = memoryMiB(product.pid)?.now ?? Number.NaN
    const books = await closeBooks(product, answers, options)
    return { named, best, memoryMiB: memory, readyMs: product.readyMs, ...books }
  })
}

/** Compared with what was measured next to it, so that a machine that grows busy does not count. */
const share = (runs: readonly Run[], others: readonly Run[], figure: 'perSecond' | 'cpuUs'): number =>
  median(runs.map(({ named }, i) => named[figure] / (others[i]?.named[figure] ?? Number.NaN)))

function rowOf(house: House, runs: readonly Run[], smallest: readonly Run[]): Row {
  const of = (figure: (run: Run) => number): number => median(runs.map(figure))
  return {
    seats: seatsOf(house).toLocaleString('en'),
    'purchases/s': short(of(({ named }) => named.perSecond)),
    'of the smallest': short(share(runs, smallest, 'perSecond')),
    'CPU us': short(of(({ named }) => named.cpuUs)),
    'CPU of the smallest': short(share(runs, smallest, 'cpuUs')),
    'p99 ms': short(of(({ named }) => named.p99)),
    'best seat/s': short(of(({ best }) => best.perSecond)),
    'memory MiB': of(({ memoryMiB }) => memoryMiB),
    'first start ms': Math.round(of(({ readyMs }) => readyMs)),
  }
}
