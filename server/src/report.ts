/** One function per business event: log line + metric. Nothing here is secret or personal. docs/telemetry.md lists the metrics. */
import { hostname } from 'node:os'
import { type Logger, pino } from 'pino'
import type { Projected } from './projector/projector.ts'
import type { PoolUse } from './sql/sql.ts'
import { Distribution, SECONDS } from './telemetry/distribution.ts'
import { createRegistry } from './telemetry/families.ts'
import type { ShardLag } from './telemetry/lag.ts'
import { emptyCounts, familiesOf } from './telemetry/metrics.ts'
import { createRepeats } from './telemetry/repeats.ts'
import type { Tracing } from './telemetry/tracing.ts'

export type Report = ReturnType<typeof createReport>

export type ReportOptions = {
  level: string
  roles: readonly string[]
  /** Takes the secrets out of a text. */
  hide?: (text: string) => string
  /** None: nothing is traced, and nothing is spent on it. */
  tracing?: Tracing | undefined
  /** A file; stderr unless named. */
  to?: string
}

/** Whoever answers the requests of one route. `begunAt`: `performance.now()` when the request came. */
export type RouteReport = { answered(status: number, begunAt: number, requestId: string, traceId: string | undefined): void }

export function createReport({ level, roles, hide = (text) => text, tracing, to }: ReportOptions) {
  const logger = createLogger({ level, roles, hide, dest: to ?? 2 })
  const counted = emptyCounts()
  const routes = new Map<string, RouteReport>()
  const registry = createRegistry(familiesOf(counted))
  const tellsRequests = logger.isLevelEnabled('info')
  const repeats = createRepeats(({ what, error, times, seconds, isOver }) => {
    if (isOver) logger.warn({ times, seconds }, `${what}: no failure any more`)
    else logger.error({ err: error, times, seconds }, what)
  })

  /** One for each route, whichever lane answers: the same series twice is no Prometheus text. */
  function route(method: string, path: string): RouteReport {
    const key = `${method} ${path}`
    const known = routes.get(key) ?? newRoute(method, path)
    routes.set(key, known)
    return known
  }

  function newRoute(method: string, path: string): RouteReport {
    const byStatus = new Map<number, Distribution>()
    counted.routes.push({ method, route: path, byStatus })
    return {
      answered(status, begunAt, requestId, traceId) {
        const ms = performance.now() - begunAt
        distributionOf(byStatus, status).add(ms / 1000)
        if (tellsRequests) logger.info({ requestId, traceId, method, route: path, status, ms: Math.round(ms * 1000) / 1000 }, 'answered')
      },
    }
  }

  return {
    logger,
    tracing,
    hide,
    metrics: () => registry.metrics(),
    metricsType: registry.contentType,
    route,
    sold(seats: number, ms: number) {
      counted.seatsSold += seats
      counted.purchases.add(ms / 1000)
    },
    repeated: () => void counted.repeated++,
    refused: (code: string) => bump(counted.refused, code),
    /** A batch of the ledger: how many changes, and how long until it was durable. */
    batch(changes: number, ms: number) {
      counted.batches.add(changes)
      counted.commits.add(ms / 1000)
    },
    published(entries: number) {
      counted.published += entries
    },
    projected({ stored, repeats, conflicts, unknown, lags }: Projected) {
      counted.projected += stored
      counted.repeats += repeats
      for (const [shard, lag] of lags) distributionOf(counted.lags, shard).join(lag)
      counted.conflicts += conflicts.length
      for (const conflict of conflicts) logger.error({ conflict }, 'two tickets for one seat')
      for (const what of unknown)
        logger.warn({ what }, 'an entry of a kind or version that this process does not know was stored, not applied')
    },
    lag(shards: readonly ShardLag[]) {
      counted.shards = shards
    },
    deadLetters: (group: string, letters: number) => void counted.deadLetters.set(group, letters),
    pool: (name: string, read: () => PoolUse | undefined) => void counted.pools.set(name, read),
    streams(open: number) {
      counted.streams = open
    },
    /** With a request it is somebody's, and told each time. */
    failed(what: string, error: unknown, request?: { requestId: string; traceId: string | undefined }) {
      bump(counted.failures, what)
      if (request || repeats.isFirst(what, error, Date.now())) logger.error({ err: error, ...request }, what)
    },
  }
}

type LoggerOptions = { level: string; roles: readonly string[]; hide: (text: string) => string; dest: string | number }

function createLogger({ level, roles, hide, dest }: LoggerOptions): Logger {
  return pino(
    { level, base: { roles: roles.join(','), host: hostname() }, hooks: { streamWrite: hide } },
    pino.destination({ dest, sync: false }),
  )
}

const bump = (counts: Map<string, number>, key: string): void => void counts.set(key, (counts.get(key) ?? 0) + 1)

function distributionOf<Key>(all: Map<Key, Distribution>, key: Key): Distribution {
  let found = all.get(key)
  if (!found) {
    found = new Distribution(SECONDS)
    all.set(key, found)
  }
  return found
}
