/**
 * A running embedded box office with sold seats goes to other engines while buyers buy: for how long are they refused, does each 503 say when to
 * come again, and is everything there afterwards? Nobody asks twice, so that each refusal is counted.
 */
import { setTimeout as wait } from 'node:timers/promises'
import { askToMove } from '@onsale/server/move/line'
import type { Moved } from '@onsale/server/move/move'
import { auditBooks } from './books.ts'
import { type House, houseOf, seatsOf } from './house.ts'
import type { Load } from './load/load.ts'
import type { Report } from './load/plan.ts'
import { oddStatuses } from './measure.ts'
import { short } from './numbers.ts'
import { settle } from './options.ts'
import { placesOn } from './places.ts'
import type { Product } from './product.ts'
import type { Benchmark } from './result.ts'
import { spoilings } from './spoil.ts'
import { onStage } from './stage.ts'

const ROUND_SECONDS = 2
const LATE_MS = 5000
const SELLING_SECONDS = 120
/** Must be below it (issue 4). */
const REFUSED_MS = 2000

export const move: Benchmark = async (options, progress) => {
  const { seats, rate, connections } = settle(options, { seats: [20_000, 2000], rate: [200, 50], connections: [64, 32] })
  const engines = options.engines ?? 'redis,postgres'
  // Buyers go on until the move has ended, and none is to find the house full.
  const house = houseOf(seats * 2.5)
  const { urls, drop } = await placesOn(engines)
  try {
    return await onStage([house], async ({ product, load }) => {
      const crowd = buyersOf(load, product, house, connections)
      await crowd.buy(seats, { kind: 'closed', seconds: SELLING_SECONDS })
      await product.caughtUp(house, crowd.answers.length)
      progress(`${crowd.answers.length} of ${seatsOf(house)} seats are sold; now ${rate} purchases a second, and the move to ${engines}`)
      const over = new AbortController()
      const buying = crowd.buyUntil(over.signal, rate)
      await wait(ROUND_SECONDS * 1000)
      const moved = await askToMove(
        product.dataDir,
        urls,
        ({ step, done, of }) => done % 10_000 === 0 && progress(`${step} ${done} of ${of}`),
      )
      await wait(ROUND_SECONDS * 1000)
      over.abort()
      const reports = await buying
      await product.caughtUp(house, crowd.answers.length)
      await product.stop()
      progress('audit')
      const books = await auditBooks(urls, crowd.answers, options.corrupt ? spoilings.delete : undefined)
      const refused = refusalsOf(reports)
      return {
        tables: [{ title: `To ${engines}`, rows: [rowOf(moved, reports, refused)] }],
        goals: [{ what: 'from the first 503 to the last, ms', measured: refused.ms, goal: REFUSED_MS, atLeast: false }],
        differences: [...crowd.faults, ...books.differences],
        audited: books.checked,
      }
    })
  } finally {
    await drop()
  }
}

function buyersOf(load: Load, { port }: Product, house: House, connections: number) {
  const answers: string[] = []
  const faults: string[] = []
  let first = 0
  async function buy(count: number, pace: Parameters<Load['run']>[0]['pace']): Promise<Report> {
    const report = await load.run({ port, connections, requests: { kind: 'buyers', count, house, first }, pace, keepSold: true })
    first += report.taken
    for (const { body } of report.sold) answers.push(body)
    faults.push(...oddStatuses(report, [201, 503]))
    if (report.withoutRetryAfter > 0) faults.push(`${report.withoutRetryAfter} answers with 503 had no Retry-After`)
    return report
  }
  return {
    answers,
    faults,
    buy,
    async buyUntil(over: AbortSignal, perSecond: number): Promise<Report[]> {
      const reports: Report[] = []
      while (!over.aborted) reports.push(await buy(perSecond * ROUND_SECONDS, { kind: 'open', perSecond, lateMs: LATE_MS }))
      return reports
    },
  }
}

function refusalsOf(reports: readonly Report[]): { times: number; ms: number } {
  const refused = reports.filter(({ statuses }) => statuses[503])
  const [from, to] = [Math.min(...refused.map(({ busy }) => busy.fromMs)), Math.max(...refused.map(({ busy }) => busy.toMs))]
  return { times: refused.reduce((sum, { statuses }) => sum + (statuses[503] ?? 0), 0), ms: refused.length > 0 ? to - from : 0 }
}

const rowOf = ({ entries, seconds, pausedMs, checked }: Moved, reports: readonly Report[], refused: { times: number; ms: number }) => ({
  'entries moved': entries,
  'tickets proved': checked.tickets,
  'took s': short(seconds),
  'sales paused ms': pausedMs,
  'bought meanwhile': reports.reduce((sum, { sold }) => sum + sold.length, 0),
  'refused with 503': refused.times,
  'first to last 503, ms': short(refused.ms),
  'not sent in time': reports.reduce((sum, { unsent }) => sum + unsent, 0),
})
