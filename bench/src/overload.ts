/**
 * Three times as many buyers as can be served: is what is accepted still served in bounded time, does everybody else hear 503 with
 * Retry-After, and is all as before when they are gone?
 *
 * On one machine the crowd takes its share of the CPU, so what is accepted is less than the capacity measured by a few connections.
 */
import { memoryMiB } from './cpu.ts'
import { type House, houseOf, seatsOf } from './house.ts'
import type { Load } from './load/load.ts'
import type { Pace, Report } from './load/plan.ts'
import { oddStatuses } from './measure.ts'
import { short, spread } from './numbers.ts'
import { settle } from './options.ts'
import type { Product } from './product.ts'
import type { Benchmark, Row } from './result.ts'
import { closeBooks, onStage } from './stage.ts'

const WARM_UP = { requests: 20_000, seconds: 15 }
const CALM_CONNECTIONS = 64
/** A buyer who finds no connection for so long is not sent. */
const LATE_MS = 1000
const MOST_PER_SECOND = 60_000
/** The bound to hold for what is accepted, from sending to 201. */
const BOUND_MS = 500

export const overload: Benchmark = async (options, progress) => {
  const { seconds, connections } = settle(options, { seconds: [8, 2], connections: [2000, 1500] })
  const house = houseOf(2_000_000)
  return onStage([house], async ({ product, load }) => {
    const crowd = createCrowd(load, product, house)
    await crowd.ask('warm-up', CALM_CONNECTIONS, { kind: 'closed', seconds: WARM_UP.seconds }, WARM_UP.requests)
    const before = await crowd.ask('before', CALM_CONNECTIONS, { kind: 'closed', seconds: 2 }, 2 * MOST_PER_SECOND)
    const capacity = before.sold.length / before.seconds
    progress(`capacity ${short(capacity)}/s; now ${short(3 * capacity)}/s over ${connections} connections`)
    const pace: Pace = { kind: 'open', perSecond: 3 * capacity, lateMs: LATE_MS }
    const during = await crowd.ask('3x the capacity', connections, pace, Math.floor(3 * capacity * seconds))
    const memory = memoryMiB(product.pid)?.highest ?? '-'
    progress('the crowd is gone')
    await product.caughtUp(house, crowd.answers.length)
    const after = await crowd.ask('after', CALM_CONNECTIONS, { kind: 'closed', seconds: 2 }, 2 * MOST_PER_SECOND)
    await product.caughtUp(house, crowd.answers.length)
    const books = await closeBooks(product, crowd.answers, options)
    return {
      tables: [{ title: `Memory at its highest ${memory} MiB`, rows: crowd.rows }],
      goals: [
        { what: 'p99 of what is accepted at 3x, from sending, ms', measured: spread(during.onWireMs).p99, goal: BOUND_MS, atLeast: false },
        { what: 'rate afterwards, of that before', measured: after.sold.length / after.seconds / capacity, goal: 0.8, atLeast: true },
      ],
      differences: [...crowd.differences, ...books.differences],
      audited: books.audited,
    }
  })
}

function createCrowd(load: Load, product: Product, house: House) {
  const answers: string[] = []
  const differences: string[] = []
  const rows: Row[] = []
  let first = 0
  return {
    answers,
    differences,
    rows,
    async ask(name: string, connections: number, pace: Pace, count: number): Promise<Report> {
      if (first + count > seatsOf(house)) throw new Error('The house is too small for so many --seconds.')
      const report = await load.run({
        port: product.port,
        connections,
        requests: { kind: 'buyers', count, house, first },
        pace,
        keepSold: true,
      })
      first += report.taken
      for (const { body } of report.sold) answers.push(body)
      const expected = pace.kind === 'open' ? [201, 503] : [201]
      differences.push(...oddStatuses(report, expected).map((what) => `${name}: ${what}`))
      if (report.withoutRetryAfter > 0) differences.push(`${name}: ${report.withoutRetryAfter} answers with 503 had no Retry-After`)
      rows.push(rowOf(name, connections, report))
      return report
    },
  }
}

function rowOf(name: string, connections: number, report: Report): Row {
  const wire = spread(report.onWireMs)
  return {
    '': name,
    connections,
    'came/s': short(report.taken / report.seconds),
    'accepted/s': short(report.sold.length / report.seconds),
    'told 503': report.statuses[503] ?? 0,
    'not sent': report.unsent,
    'p50 ms': short(wire.p50),
    'p99 ms': short(wire.p99),
    'max ms': short(wire.max),
    'p99 ms with waiting for a connection': short(spread(report.latenciesMs).p99),
  }
}
