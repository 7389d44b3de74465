/**
 * How long after its 201 can a ticket be read, and how long does a buyer wait, below the limit?
 *
 * Open loop: buyers come at their rate whatever the server does, and wait from the moment they came. Every so many-th is followed by a
 * read that names the position of its sale, so the lag has one read in it. Medians of the repeats count: single fsyncs of a shared
 * machine take as long as everything else together.
 */
import { houseOf, seatsOf } from './house.ts'
import type { Pace, Report, Requests } from './load/plan.ts'
import { oddStatuses } from './measure.ts'
import { median, short, spread } from './numbers.ts'
import { settle } from './options.ts'
import type { Benchmark, Result, Row } from './result.ts'
import { closeBooks, onStage } from './stage.ts'

const WARM_UP = { requests: 20_000, seconds: 15 }
/** What finds no connection for so long is told as not sent. */
const LATE_MS = 5000
/** Some hundred followed tickets in each run. */
const FOLLOWED = 800
const MOST_PER_SECOND = 60_000

export const lag: Benchmark = async (options, progress) => {
  const sizes = settle(options, { seconds: [5, 2], repeats: [3, 1], connections: [64, 64], rate: [5000, 2000] })
  const { seconds, repeats, connections, rate } = sizes
  const house = houseOf(1_000_000)
  return onStage([house], async ({ product, load }) => {
    const answers: string[] = []
    const differences: string[] = []
    let first = 0
    async function sell(pace: Pace, count: number, followEvery?: number): Promise<Report> {
      if (first + count > seatsOf(house)) throw new Error('The house is too small for so many --seconds.')
      const requests: Requests = { kind: 'buyers', count, house, first }
      const report = await load.run({
        port: product.port,
        connections,
        requests,
        pace,
        keepSold: true,
        ...(followEvery && { followEvery }),
      })
      first += report.taken
      for (const { body } of report.sold) answers.push(body)
      await product.caughtUp(house, answers.length)
      differences.push(...oddStatuses(report, [201]), ...report.lost.map((what) => `not-readable  ${what}`))
      return report
    }
    await sell({ kind: 'closed', seconds: WARM_UP.seconds }, WARM_UP.requests)
    const most = await sell({ kind: 'closed', seconds: 2 }, 2 * MOST_PER_SECOND)
    const capacity = most.sold.length / most.seconds
    progress(`capacity ${short(capacity)}/s`)

    async function atRate(perSecond: number): Promise<Report> {
      const count = Math.floor(perSecond * seconds)
      const report = await sell({ kind: 'open', perSecond, lateMs: LATE_MS }, count, Math.max(1, Math.floor(count / FOLLOWED)))
      progress(`${short(perSecond)}/s: p99 ${short(spread(report.latenciesMs).p99)} ms, lag p99 ${short(spread(report.lagsMs).p99)} ms`)
      return report
    }
    const [atHalf, atAsked]: [Report[], Report[]] = [[], []]
    for (let repeat = 0; repeat < repeats; repeat++) {
      atHalf.push(await atRate(capacity / 2))
      atAsked.push(await atRate(rate))
    }
    const rows = [
      rowOf('as fast as it goes', capacity, most),
      ...atHalf.map((report) => rowOf('half of that', capacity / 2, report)),
      ...atAsked.map((report) => rowOf(`${rate}/s`, rate, report)),
    ]
    const books = await closeBooks(product, answers, options)
    return { ...summary(rows, atHalf, atAsked), differences: [...differences, ...books.differences], audited: books.audited }
  })
}

function rowOf(pace: string, perSecond: number, report: Report): Row {
  const latency = spread(report.latenciesMs)
  const lag = spread(report.lagsMs)
  return {
    pace,
    'asked/s': short(perSecond),
    'accepted/s': short(report.sold.length / report.seconds),
    'not sent': report.unsent,
    'p50 ms': short(latency.p50),
    'p99 ms': short(latency.p99),
    'max ms': short(latency.max),
    followed: report.lagsMs.length,
    'lag p50 ms': short(lag.p50),
    'lag p99 ms': short(lag.p99),
    'lag max ms': short(lag.max),
  }
}

function summary(rows: Row[], atHalf: readonly Report[], atAsked: readonly Report[]): Pick<Result, 'tables' | 'goals'> {
  const middle = (reports: readonly Report[], of: (report: Report) => number): number => median(reports.map(of))
  return {
    tables: [{ title: 'Waiting for the 201, and from there until it can be read', rows }],
    goals: [
      {
        what: 'p99 of a purchase at half of the capacity, ms',
        measured: middle(atHalf, ({ latenciesMs }) => spread(latenciesMs).p99),
        goal: 25,
        atLeast: false,
      },
      {
        what: 'p99 of the lag at the rate asked for, ms',
        measured: middle(atAsked, ({ lagsMs }) => spread(lagsMs).p99),
        goal: 1000,
        atLeast: false,
      },
      { what: 'not sent at the rate asked for', measured: Math.max(...atAsked.map(({ unsent }) => unsent)), goal: 0, atLeast: false },
    ],
  }
}
