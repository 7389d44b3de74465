/** One function per business event: log line + metric. Nothing here is secret or personal. */
import { hostname } from 'node:os'
import { type Logger, pino } from 'pino'
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'

export type Report = ReturnType<typeof createReport>

export function createReport({ level, roles }: { level: string; roles: readonly string[] }) {
  const logger: Logger = pino({ level, base: { roles: roles.join(','), host: hostname() } }, pino.destination({ dest: 2, sync: false }))
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const metric = { registers: [registry] }
  const sold = new Counter({ ...metric, name: 'onsale_seats_sold_total', help: 'Seats sold, durably.' })
  const refused = new Counter({
    ...metric,
    name: 'onsale_refused_total',
    help: 'Requests refused, by code of the problem.',
    labelNames: ['code'],
  })
  const durable = new Histogram({
    ...metric,
    name: 'onsale_purchase_seconds',
    help: 'From the request to the durable answer.',
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5],
  })
  const projected = new Counter({ ...metric, name: 'onsale_entries_projected_total', help: 'Log entries stored by the read side.' })
  const conflicts = new Counter({
    ...metric,
    name: 'onsale_seat_conflicts_total',
    help: 'Second tickets for one seat, found by the read side.',
  })
  const backlog = new Gauge({ ...metric, name: 'onsale_backlog_entries', help: 'Entries in the log that the read side has not stored.' })
  const streams = new Gauge({ ...metric, name: 'onsale_streams', help: 'Open live streams.' })

  return {
    logger,
    metrics: () => registry.metrics(),
    metricsType: registry.contentType,
    sold(seats: number, ms: number) {
      sold.inc(seats)
      durable.observe(ms / 1000)
    },
    refused: (code: string) => refused.inc({ code }),
    projected: (entries: number) => projected.inc(entries),
    backlog: (entries: number) => backlog.set(entries),
    streams: (open: number) => streams.set(open),
    conflict(conflict: object) {
      conflicts.inc()
      logger.error({ conflict }, 'two tickets for one seat')
    },
    unknownEntry: (what: string) =>
      logger.warn({ what }, 'an entry of a kind or version that this process does not know was stored, not applied'),
    failed: (what: string, error: unknown) => logger.error({ err: error }, what),
  }
}
