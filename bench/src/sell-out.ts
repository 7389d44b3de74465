/**
 * A crowd larger than the house: how fast are seats accepted, how fast is every one of them in SQL, and is each sold exactly once?
 *
 * Half of the crowd names a seat at random, the rest takes the best 1 to 4. Several processes ask over many connections.
 *
 * Faults that were planted in a copy of the server, and were told: one commit in fifty without looking (sold-twice, two-owners), an entry
 * left out by the projector (lost), the best looked for in three zones only, and a seat called taken without looking (refused-though-free).
 * What only a crash shows is chaos/.
 *
 * With `--engines redis,kafka,postgres` every role is a process on servers of its own, and what all of them used says what the limit was.
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
import { closeBooks, onStageOf } from './stage.ts'
import { watchCpu } from './used.ts'
import { notAsWished, refusedThoughFree } from './wished.ts'

const SEED = 2024
export const sellOut: Benchmark = async (options, progress) => {
  const sizes = settle(options, {
    seats: [50_000, 5_000],
    wishes: [150_000, 15_000],
    connections: [128, 64],
    processes: [2, 2],
    // Then the crowd goes home.
    seconds: [300, 300],
  })
  const house = houseOf(sizes.seats)
  return onStageOf(house, options.engines, async (product) => {
    progress(`${sizes.wishes} wishes for ${seatsOf(house)} seats, ${sizes.processes} processes, ${sizes.connections} connections`)
    const before = cpuOf(product.pid)
    const use = watchCpu(product.parts)
    const { reports, durableSeconds } = await rush(product, house, plansOf(house, sizes, product.port), progress)
    const cpuUs = (cpuOf(product.pid)?.us ?? Number.NaN) - (before?.us ?? 0)
    const used = use.rows(reports)
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
      'sold within s': short(acceptedSeconds),
      'all answered after s': short(Math.max(...reports.map(({ seconds }) => seconds))),
      'all in SQL after s': short(durableSeconds),
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
        { title: `CPU, until all is answered and in SQL; ${use.cores} cores`, rows: used },
      ],
      goals: [{ what: 'seats sold twice, lost, wrong or refused though free', measured: differences.length, goal: 0, atLeast: false }],
      differences,
      audited: `${books.audited}; ${crowd.sold.length} answers against their wishes, ${crowd.refused.length} refusals against what was still free`,
    }
  })
}

type Sizes = { wishes: number; connections: number; processes: number; seconds: number }

const firstOf = ({ wishes, processes }: Sizes, i: number): number => Math.floor((wishes * i) / processes)

function plansOf(house: House, sizes: Sizes, port: number): Plan[] {
  return Array.from({ length: sizes.processes }, (_, i) => {
    const first = firstOf(sizes, i)
    return {
      port,
      connections: Math.ceil(sizes.connections / sizes.processes),
      requests: { kind: 'crowd', count: firstOf(sizes, i + 1) - first, house, first, seed: SEED },
      pace: { kind: 'closed', seconds: sizes.seconds },
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
