/** What is counted, in plain numbers, and how Prometheus is shown it. docs/telemetry.md has the table, which a test holds against this one. */
import type { PoolUse } from '../sql/sql.ts'
import { Distribution, SECONDS } from './distribution.ts'
import type { Family, Sample } from './families.ts'
import type { ShardLag } from './lag.ts'

export type Counts = ReturnType<typeof emptyCounts>
type CountedRoute = { method: string; route: string; byStatus: Map<number, Distribution> }

/** Changes a batch: a rush gathers 64 of them on SQLite; on Redis 192 are the most. */
const CHANGES = [1, 2, 4, 8, 16, 32, 64, 128, 256]

export function emptyCounts() {
  return {
    seatsSold: 0,
    repeated: 0,
    published: 0,
    projected: 0,
    repeats: 0,
    conflicts: 0,
    streams: 0,
    purchases: new Distribution(SECONDS),
    batches: new Distribution(CHANGES),
    commits: new Distribution(SECONDS),
    refused: new Map<string, number>(),
    failures: new Map<string, number>(),
    lags: new Map<string, Distribution>(),
    deadLetters: new Map<string, number>(),
    pools: new Map<string, () => PoolUse | undefined>(),
    routes: [] as CountedRoute[],
    shards: [] as readonly ShardLag[],
  }
}

export function familiesOf(counts: Counts): Family[] {
  const counter = (name: string, help: string, read: Family['read']): Family => ({ name, type: 'counter', help, read })
  const gauge = (name: string, help: string, read: Family['read']): Family => ({ name, type: 'gauge', help, read })
  const histogram = (name: string, help: string, read: () => Iterable<Sample>): Family => ({ name, type: 'histogram', help, read })
  return [
    counter('onsale_seats_sold_total', 'Seats sold, durably.', () => counts.seatsSold),
    counter('onsale_purchases_repeated_total', 'Purchases answered with the first answer of their key.', () => counts.repeated),
    counter('onsale_refused_total', 'Requests refused, by code of the problem.', () => by('code', counts.refused)),
    counter('onsale_failures_total', 'What went wrong and was logged as an error, by what it was.', () => by('what', counts.failures)),
    histogram('onsale_purchase_seconds', 'From the request to the durable answer, of purchases that were accepted.', () => [
      { value: counts.purchases },
    ]),
    histogram('onsale_request_seconds', 'From the head of a request to its answer, by route and status.', () => requests(counts)),
    histogram('onsale_ledger_batch_changes', 'Changes that one step of the ledger made durable.', () => [{ value: counts.batches }]),
    histogram('onsale_ledger_commit_seconds', 'From a batch to its durable answer.', () => [{ value: counts.commits }]),
    counter('onsale_entries_published_total', 'Log entries given to the bus, those given again included.', () => counts.published),
    counter('onsale_entries_projected_total', 'Log entries stored by the read side.', () => counts.projected),
    counter('onsale_entries_repeated_total', 'Log entries that came again and changed nothing.', () => counts.repeats),
    counter('onsale_seat_conflicts_total', 'Second tickets for one seat, found by the read side.', () => counts.conflicts),
    histogram('onsale_lag_seconds', 'From the sale to the transaction that stored it, by shard.', () => by('shard', counts.lags)),
    gauge('onsale_backlog_entries', 'Entries in the log that the read side has not stored, by shard.', () =>
      counts.shards.map(({ shard, entries }) => ({ labels: { shard }, value: entries })),
    ),
    gauge('onsale_oldest_entry_seconds', 'Age of the oldest entry that the read side has not stored, by shard.', () => ages(counts)),
    gauge('onsale_dead_letters', 'Messages set aside, by group.', () => by('group', counts.deadLetters)),
    gauge('onsale_sql_connections', 'Connections to the database, and who waits for one, by pool and state.', () => connections(counts)),
    gauge('onsale_sql_connections_limit', 'Connections that a pool opens at most.', () =>
      pools(counts).map(([pool, { most }]) => ({ labels: { pool }, value: most })),
    ),
    gauge('onsale_streams', 'Open live streams.', () => counts.streams),
  ]
}

const by = (label: string, counts: ReadonlyMap<string, number | Distribution>): Sample[] =>
  [...counts].map(([key, value]) => ({ labels: { [label]: key }, value }))

const requests = ({ routes }: Counts): Sample[] =>
  routes.flatMap(({ method, route, byStatus }) => [...byStatus].map(([status, value]) => ({ labels: { method, route, status }, value })))

/** As old as they are now, so that an age grows also while nobody can look. */
const ages = ({ shards }: Counts): Sample[] =>
  shards.map(({ shard, oldestAt }) => ({
    labels: { shard },
    value: oldestAt === null ? 0 : Math.max(Date.now() - oldestAt, 0) / 1000,
  }))

const pools = ({ pools }: Counts): [string, PoolUse][] =>
  [...pools].flatMap(([name, read]): [string, PoolUse][] => {
    const use = read()
    return use ? [[name, use]] : []
  })

const connections = (counts: Counts): Sample[] =>
  pools(counts).flatMap(([pool, { used, idle, waiting }]) =>
    Object.entries({ used, idle, waiting }).map(([state, value]) => ({ labels: { pool, state }, value })),
  )
