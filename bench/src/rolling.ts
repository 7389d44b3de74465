/**
 * A rolling restart during a sell-out: every role in two processes on Redis, Kafka and PostgreSQL behind a proxy, and each process is
 * stopped and replaced in turn. Does a request fail, is a seat lost, does a live stream miss or repeat anything?
 *
 * Faults that were planted or found, and what told them: docs/rolling-restart.md.
 */
import { setTimeout as wait } from 'node:timers/promises'
import topology from '../../topology.json' with { type: 'json' }
import { auditBooks, ticketsOf } from './books.ts'
import { type House, houseOf, seatsOf } from './house.ts'
import { type Load, startLoad } from './load/load.ts'
import type { Plan, Report } from './load/plan.ts'
import { answersOf, oddStatuses } from './measure.ts'
import { short, spread } from './numbers.ts'
import { type Options, settle } from './options.ts'
import type { Benchmark, Row } from './result.ts'
import { type Fleet, processCount, type Replaced, startFleet } from './rolling/fleet.ts'
import { type Listener, listen } from './rolling/listener.ts'
import { spoilings } from './spoil.ts'

const SEED = 2026
/** Each in a shard of its own, or nearly, so that every projector has something to do. */
const HOUSES = 4
const ROUND_SECONDS = 2
const READS_PER_SECOND = 40
/** A process that stops is given 20 s by whoever stops it. */
const STOP_WITHIN_S = 20
const CATCH_UP_MS = 60_000

type Crowd = { sales: Report[]; reads: Report[] }

export const rolling: Benchmark = async (options, progress) => {
  const { seats, rate, connections } = settle(options, { seats: [60_000, 6_000], rate: [400, 100], connections: [64, 32] })
  const houses = Array.from({ length: HOUSES }, (_, i) => houseOf(Math.ceil(seats / HOUSES), `Rolling${i + 1}`))
  progress(`${processCount} processes start${options.from === undefined ? '' : ` from ${options.from}`}`)
  const fleet = await startFleet(houses, options.from)
  const listeners = houses.map(({ eventId }) => listen(fleet.proxy.url, eventId))
  const loads = [startLoad(), startLoad()] as const
  try {
    const over = new AbortController()
    const crowd = rush(loads, fleet.proxy.port, houses, { rate, connections }, over.signal)
    crowd.catch(() => undefined)
    await wait(ROUND_SECONDS * 1000)
    const replaced = await fleet.replaceAll('SIGTERM', (one) => progress(textOf(one)))
    over.abort()
    const { sales, reads } = await crowd
    progress('audit')
    const answers = sales.flatMap(({ sold }) => sold.map(({ body }) => body))
    await caughtUp(fleet, houses, answers)
    const live = await liveFaults(houses, listeners, answers)
    const requestFaults = [
      ...fleet.proxy.faults,
      ...sales.flatMap((report) => oddStatuses(report, [201, 409])),
      ...reads.flatMap((report) => oddStatuses(report, [200])),
      ...[...sales, ...reads].flatMap(({ broken }) => (broken > 0 ? [`${broken} connections ended with a question unanswered`] : [])),
    ]
    for (const listener of listeners) listener.close()
    await fleet.stop()
    const books = await auditBooks(fleet.urls, answers, spoilingOf(options))
    const differences = [...requestFaults, ...replaced.flatMap(stopFaults), ...live, ...books.differences]
    return {
      tables: [
        { title: 'Replaced', rows: replaced.map(rowOf) },
        { title: 'Meanwhile', rows: [summary({ sales, reads }, houses, listeners, fleet)] },
        { title: 'Latency of the 201, ms', rows: [latencies(sales)] },
      ],
      goals: [
        { what: 'requests that failed', measured: requestFaults.length, goal: 0, atLeast: false },
        {
          what: 'slowest stop, s',
          measured: Math.max(...replaced.map(({ stoppedSeconds }) => stoppedSeconds)),
          goal: STOP_WITHIN_S,
          atLeast: false,
        },
      ],
      differences,
      audited: `${books.checked}; ${listeners.length} live streams against the same tickets`,
    }
  } finally {
    for (const listener of listeners) listener.close()
    for (const load of loads) load.close()
    await fleet.remove()
  }
}

/** Round after round to the next house, until it is over. */
async function rush(
  [buying, reading]: readonly [Load, Load],
  port: number,
  houses: readonly House[],
  { rate, connections }: { rate: number; connections: number },
  over: AbortSignal,
): Promise<Crowd> {
  const crowd: Crowd = { sales: [], reads: [] }
  const count = rate * ROUND_SECONDS
  const pace = (perSecond: number): Plan['pace'] => ({ kind: 'open', perSecond, lateMs: 5000 })
  for (let round = 0; !over.aborted; round++) {
    const house = houses[round % houses.length] as House
    const requests: Plan['requests'] = { kind: 'crowd', count, house, first: Math.floor(round / houses.length) * count, seed: SEED }
    const paths = readsOf(house)
    const [sales, reads] = await Promise.all([
      buying.run({ port, connections, requests, pace: pace(rate), keepSold: true }),
      reading.run({
        port,
        connections: 8,
        requests: { kind: 'get', count: READS_PER_SECOND * ROUND_SECONDS, paths },
        pace: pace(READS_PER_SECOND),
        keepSold: false,
      }),
    ])
    crowd.sales.push(sales)
    crowd.reads.push(reads)
  }
  return crowd
}

/** Something of every role but the one that sells. */
const readsOf = ({ eventId }: House): string[] => [
  '/query/api/v1/events',
  `/query/api/v1/events/${eventId}`,
  `/query/api/v1/tickets/count/${eventId}`,
  '/query/api/v1/tickets?limit=10',
  topology.roles.projector.healthPath,
  topology.roles.web.healthPath,
]

async function caughtUp({ proxy }: Fleet, houses: readonly House[], answers: readonly string[]): Promise<void> {
  const sold = answers.flatMap(ticketsOf)
  for (const { eventId } of houses) {
    const expected = sold.filter((ticket) => ticket.eventId === eventId).length
    for (const until = performance.now() + CATCH_UP_MS; performance.now() < until; await wait(50)) {
      const { count } = (await (await fetch(`${proxy.url}/query/api/v1/tickets/count/${eventId}`)).json()) as { count: number }
      if (count >= expected) break
    }
  }
}

/** Every listener heard of each sold seat once. */
async function liveFaults(houses: readonly House[], listeners: readonly Listener[], answers: readonly string[]): Promise<string[]> {
  const sold = answers.flatMap(ticketsOf)
  const faults: string[] = []
  for (const [i, { eventId }] of houses.entries()) {
    const { sold: heard, faults: told } = listeners[i] as Listener
    const seats = sold.filter((ticket) => ticket.eventId === eventId).map(({ zoneId, row, column }) => `${zoneId}${row}${column}`)
    for (const until = performance.now() + CATCH_UP_MS / 10; heard.size < seats.length && performance.now() < until; ) await wait(50)
    faults.push(...told)
    const missed = seats.filter((seat) => !heard.has(seat)).length
    const repeated = [...heard.values()].filter((times) => times > 1).length
    if (missed > 0) faults.push(`stream of ${eventId}: ${missed} of ${seats.length} seats were not told`)
    if (repeated > 0) faults.push(`stream of ${eventId}: ${repeated} seats were told twice`)
  }
  return faults
}

const spoilingOf = ({ corrupt }: Options) => (corrupt ? spoilings.delete : undefined)

function stopFaults({ role, stoppedSeconds, code }: Replaced): string[] {
  if (code !== 0) return [`${role} ended with ${code} instead of 0`]
  return stoppedSeconds > STOP_WITHIN_S ? [`${role} took ${stoppedSeconds.toFixed(1)} s to stop`] : []
}

const textOf = ({ role, readySeconds, stoppedSeconds }: Replaced): string =>
  `${role}: the new one was ready after ${readySeconds.toFixed(1)} s, the old one gone after ${stoppedSeconds.toFixed(1)} s`

const rowOf = ({ role, readySeconds, stoppedSeconds, code }: Replaced): Row => ({
  role,
  'ready after s': short(readySeconds),
  'gone after s': short(stoppedSeconds),
  'exit code': code ?? 'signal',
})

function summary({ sales, reads }: Crowd, houses: readonly House[], listeners: readonly Listener[], { proxy }: Fleet): Row {
  const count = (status: number): number => sales.reduce((sum, { statuses }) => sum + (statuses[status] ?? 0), 0)
  const tickets = sales.flatMap(({ sold }) => sold.flatMap(({ body }) => ticketsOf(body))).length
  return {
    wishes: sales.reduce((sum, report) => sum + answersOf(report), 0),
    'answers 201': count(201),
    'answers 409': count(409),
    unsent: [...sales, ...reads].reduce((sum, { unsent }) => sum + unsent, 0),
    'seats sold': `${tickets} of ${houses.reduce((sum, house) => sum + seatsOf(house), 0)}`,
    reads: reads.reduce((sum, report) => sum + answersOf(report), 0),
    'refused, tried elsewhere': proxy.refused(),
    'streams resumed': listeners.reduce((sum, listener) => sum + listener.resumed(), 0),
  }
}

function latencies(sales: readonly Report[]): Row {
  const all = Float64Array.from(sales.flatMap(({ latenciesMs }) => [...latenciesMs]))
  return Object.fromEntries(Object.entries(spread(all)).map(([name, value]) => [name, short(value)]))
}
