/** What do a ticket by its id and the availability of an event cost, against a bare JSON echo? On the samples, interleaved, same client. */
import { ticketsOf } from './books.ts'
import type { House } from './house.ts'
import type { Plan } from './load/plan.ts'
import { type Measured, measure, type Target } from './measure.ts'
import { median, short } from './numbers.ts'
import { settle } from './options.ts'
import type { Benchmark, Row } from './result.ts'
import { bodiesOf, closeBooks, onStage, type Stage } from './stage.ts'
import { echoPlan, startUnit } from './unit.ts'

/** As in samples/: 100 zones of 26 rows and 30 seats. */
const EVENT1: House = { venueId: 'Venue1', eventId: 'Event1', zones: 100, rows: 26, seatsPerRow: 30 }
const MOST_PER_SECOND = 60_000
const WARM_UP_SECONDS = 2
const ECHO = 'echo'

export const reads: Benchmark = async (options, progress) => {
  const sizes = settle(options, { seconds: [2, 1], repeats: [5, 2], connections: [64, 64], requests: [5000, 1000] })
  return onStage(null, async (stage) => {
    const unit = await startUnit()
    try {
      const answers = await sellSome(stage, sizes)
      const tickets = answers.flatMap(ticketsOf).map(({ ticketId }) => `/query/api/v1/tickets/${ticketId}`)
      const asked = new Map([
        [ECHO, []],
        ['ticket by id', tickets],
        ['event of 5 zones', ['/query/api/v1/events/Event6']],
        ['event of 100 zones', ['/query/api/v1/events/Event1']],
        ['seats of a zone of 780', ['/query/api/v1/events/Event1/zones/1/seats']],
        ['list of events', ['/query/api/v1/events']],
      ])
      const bytes = new Map<string, number>()
      for (const [name, [path]] of asked) if (path) bytes.set(name, (await stage.product.get(path)).text.length)
      const runs = new Map<string, Measured[]>([...asked.keys()].map((name) => [name, []]))
      for (let repeat = 0; repeat <= sizes.repeats; repeat++) {
        for (const [name, paths] of asked) {
          const run = await askFor(stage, unit, paths, { ...sizes, seconds: repeat === 0 ? WARM_UP_SECONDS : sizes.seconds })
          if (repeat > 0) runs.get(name)?.push(run)
        }
        progress(repeat === 0 ? 'warm' : `${repeat}/${sizes.repeats}: ${lastOf(runs)}`)
      }
      const rows = [...runs].map(([name, list]) => rowOf(name, list, runs.get(ECHO) ?? [], bytes.get(name)))
      const goal = (name: string) => ({
        what: `${name}, share of the echo's rate`,
        measured: share(runs.get(name) ?? [], runs.get(ECHO) ?? []),
        goal: 0.5,
        atLeast: true,
      })
      return {
        tables: [{ title: `Medians of ${sizes.repeats}`, rows }],
        goals: ['ticket by id', 'event of 5 zones', 'event of 100 zones'].map(goal),
        ...(await closeBooks(stage.product, answers, options)),
      }
    } finally {
      await unit.stop()
    }
  })
}

type Sizes = { seconds: number; connections: number; requests: number }

async function sellSome({ product, load }: Stage, { connections, requests }: Sizes): Promise<string[]> {
  const { sold } = await load.run({
    port: product.port,
    connections,
    requests: { kind: 'buyers', count: requests, house: EVENT1, first: 0 },
    pace: { kind: 'closed', seconds: 30 },
    keepSold: true,
  })
  await product.caughtUp(EVENT1, sold.length)
  return bodiesOf(sold)
}

function askFor({ product, load }: Stage, unit: Target, paths: readonly string[], { seconds, connections }: Sizes): Promise<Measured> {
  const count = Math.ceil(seconds * MOST_PER_SECOND)
  if (paths.length === 0) return measure(load, unit, echoPlan({ count, seconds, connections }))
  const plan: Omit<Plan, 'port'> = {
    connections,
    requests: { kind: 'get', count, paths },
    pace: { kind: 'closed', seconds },
    keepSold: false,
  }
  return measure(load, product, plan)
}

const share = (runs: readonly Measured[], echoes: readonly Measured[]): number =>
  median(runs.map(({ perSecond }, i) => perSecond / (echoes[i]?.perSecond ?? Number.NaN)))

const lastOf = (runs: ReadonlyMap<string, readonly Measured[]>): string =>
  [...runs].map(([name, list]) => `${name} ${short(list.at(-1)?.perSecond ?? 0)}/s`).join(', ')

function rowOf(name: string, runs: readonly Measured[], echoes: readonly Measured[], bytes: number | undefined): Row {
  return {
    '': name,
    'bytes of body': bytes ?? 260,
    'CPU us': short(median(runs.map(({ cpuUs }) => cpuUs))),
    echoes: short(median(runs.map(({ cpuUs }, i) => cpuUs / (echoes[i]?.cpuUs ?? Number.NaN)))),
    'per second': short(median(runs.map(({ perSecond }) => perSecond))),
    "of the echo's rate": short(share(runs, echoes)),
    'p99 ms': short(median(runs.map(({ p99 }) => p99))),
    "client's CPU us": short(median(runs.map(({ clientCpuUs }) => clientCpuUs))),
  }
}
