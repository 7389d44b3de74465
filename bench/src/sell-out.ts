/**
 * A crowd larger than the house: how fast are seats accepted, how fast is every one of them in SQL, and is each sold exactly once?
 *
 * Half of the crowd names a seat at random, the rest takes the best 1 to 4. Several processes ask over many connections.
 *
 * Faults that were planted in a copy of the server, and were told: one commit in fifty without looking (sold-twice, two-owners), an entry
 * left out by the projector (lost), the best looked for in three zones only, and a seat called taken without looking (refused-though-free).
 * What only a crash shows is chaos/.
 */
import { ticketsOf } from './books.ts'
import { cpuOf, memoryMiB } from './cpu.ts'
import { type House, houseOf, seatsOf } from './house.ts'
import type { Plan, Report } from './load/plan.ts'
import { type CrowdWish, wishOf } from './load/wishes.ts'
import { answersOf, oddStatuses } from './measure.ts'
import { short, spread } from './numbers.ts'
import { settle } from './options.ts'
import type { Benchmark, Row } from './result.ts'
import { rush } from './rush.ts'
import { closeBooks, onStage } from './stage.ts'
import { notAsWished, refusedThoughFree } from './wished.ts'

const SEED = 2024
/** The crowd goes home. */
const MOST_SECONDS = 300

export const sellOut: Benchmark = async (options, progress) => {
  const sizes = settle(options, { seats: [50_000, 5_000], wishes: [150_000, 15_000], connections: [128, 64], processes: [2, 2] })
  const house = houseOf(sizes.seats)
  return onStage([house], async ({ product }) => {
    progress(`${sizes.wishes} wishes for ${seatsOf(house)} seats, ${sizes.processes} processes, ${sizes.connections} connections`)
    const before = cpuOf(product.pid)
    const { reports, durableSeconds } = await rush(product, house, plansOf(house, sizes, product.port), progress)
    const cpuUs = (cpuOf(product.pid)?.us ?? Number.NaN) - (before?.us ?? 0)
    const memory = memoryMiB(product.pid)
    progress('audit')
    const crowd = outcomesOf(house, reports, sizes)
    const books = await closeBooks(product, crowd.answers, options)
    const tickets = crowd.sold.reduce((sum, sale) => sum + sale.tickets.length, 0)
    const acceptedSeconds = Math.max(...reports.map(({ goodSeconds }) => goodSeconds))
    const row: Row = {
      wishes: crowd.asked,
      'answers 201': crowd.answers.length,
      'answers 409': crowd.refused.length,
      'seats sold': `${tickets} of ${seatsOf(house)}`,
      'accepted seats/s': short(tickets / acceptedSeconds),
      'durable in SQL seats/s': short(tickets / durableSeconds),
      'wishes/s': short(crowd.asked / Math.max(...reports.map(({ seconds }) => seconds))),
      'CPU us a wish': short(cpuUs / crowd.asked),
      'memory MiB': memory?.now ?? '-',
      highest: memory?.highest ?? '-',
    }
    const differences = [
      ...reports.flatMap((report) => oddStatuses(report, [201, 409])),
      ...notAsWished(crowd.sold),
      ...refusedThoughFree(house, crowd.sold, crowd.refused),
      ...books.differences,
    ]
    return {
      tables: [
        { title: 'Sold', rows: [row] },
        { title: 'Latency of the 201, ms', rows: [latencyRow(reports)] },
      ],
      goals: [{ what: 'seats sold twice, lost, wrong or refused though free', measured: differences.length, goal: 0, atLeast: false }],
      differences,
      audited: `${books.audited}; ${crowd.sold.length} answers against their wishes, ${crowd.refused.length} refusals against what was still free`,
    }
  })
}

type Sizes = { wishes: number; connections: number; processes: number }

const firstOf = ({ wishes, processes }: Sizes, i: number): number => Math.floor((wishes * i) / processes)

function plansOf(house: House, sizes: Sizes, port: number): Plan[] {
  return Array.from({ length: sizes.processes }, (_, i) => {
    const first = firstOf(sizes, i)
    return {
      port,
      connections: Math.ceil(sizes.connections / sizes.processes),
      requests: { kind: 'crowd', count: firstOf(sizes, i + 1) - first, house, first, seed: SEED },
      pace: { kind: 'closed', seconds: MOST_SECONDS },
      keepSold: true,
    }
  })
}

function outcomesOf(house: House, reports: readonly Report[], sizes: Sizes) {
  const wish = (i: number, request: number): CrowdWish => wishOf(house, SEED, firstOf(sizes, i) + request)
  return {
    asked: reports.reduce((sum, report) => sum + answersOf(report), 0),
    answers: reports.flatMap(({ sold }) => sold.map(({ body }) => body)),
    sold: reports.flatMap(({ sold }, i) =>
      sold.map(({ request, body, sentMs }) => ({ wish: wish(i, request), tickets: ticketsOf(body), sentMs })),
    ),
    refused: reports.flatMap(({ refused }, i) => refused.map(({ request, answeredMs }) => ({ wish: wish(i, request), answeredMs }))),
  }
}

function latencyRow(reports: readonly Report[]): Row {
  const all = Float64Array.from(reports.flatMap(({ latenciesMs }) => [...latenciesMs]))
  return Object.fromEntries(Object.entries(spread(all)).map(([name, value]) => [name, short(value)]))
}
