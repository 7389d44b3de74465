/** Each metric moves when its cause happens: in the process as it is run, read where Prometheus reads. */
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { type Client, createClient, TICKETS } from '../../test/client.ts'
import { openLive } from '../../test/live.ts'
import { type Metrics, metricsOf } from '../../test/metrics.ts'
import { temporaryFolder } from '../../test/platform.ts'
import { type ServerProcess, startServer } from '../../test/process.ts'
import { sendRaw } from '../../test/raw.ts'
import { until } from '../../test/until.ts'

const SEAT = { venueId: 'Venue1', eventId: 'Event1', zoneId: 1, row: 'A' }
const SHARD = { shard: '0' }

let server: ServerProcess
let client: Client
let dataDir: string
beforeAll(async () => {
  dataDir = await temporaryFolder()
  server = await startServer({ DATA_DIR: dataDir, LOG_LEVEL: 'silent' })
  client = createClient(server.url)
})
afterAll(async () => {
  client.close()
  await server.stop()
})

const metrics = (): Promise<Metrics> => metricsOf(client)
const whenMetrics = (what: string, fact: (metrics: Metrics) => boolean): Promise<unknown> => until(what, async () => fact(await metrics()))
const buy = (column: number, headers = {}) => client.buy({ ...SEAT, column }, headers)
/** How much each grew meanwhile. */
async function growth(work: () => Promise<unknown>): Promise<Metrics['value']> {
  const before = await metrics()
  await work()
  const after = await metrics()
  return (name, labels) => after.value(name, labels) - before.value(name, labels)
}
const request = (status: number, route = TICKETS, method = 'POST') => ({ method, route, status })

describe('a purchase', () => {
  it('counts its seats, its answer, its batch, and its way to the read side', async () => {
    const grew = await growth(async () => {
      const sold = await client.buy({ ...SEAT, row: undefined, quantity: 3 })
      expect(sold.status, sold.text).toBe(201)
      await client.read('/query/api/v1/tickets', String(sold.headers['onsale-position']))
    })
    expect(grew('onsale_seats_sold_total')).toBe(3)
    expect(grew('onsale_purchase_seconds_count')).toBe(1)
    expect(grew('onsale_purchase_seconds_sum')).toBeGreaterThan(0)
    expect(grew('onsale_request_seconds_count', request(201))).toBe(1)
    expect(grew('onsale_request_seconds_count', request(200, '/query/api/v1/tickets', 'GET'))).toBe(1)
    expect(grew('onsale_ledger_batch_changes_sum')).toBe(1)
    expect(grew('onsale_ledger_batch_changes_bucket', { le: 1 })).toBe(1)
    expect(grew('onsale_ledger_commit_seconds_count')).toBe(1)
    expect(grew('onsale_entries_published_total')).toBe(1)
    expect(grew('onsale_entries_projected_total')).toBe(1)
    expect(grew('onsale_lag_seconds_count', SHARD)).toBe(1)
    expect(grew('onsale_lag_seconds_bucket', { ...SHARD, le: '+Inf' })).toBe(1)
    expect(grew('onsale_refused_total', { code: 'seat-occupied' })).toBe(0)
  })

  it('under a key that was used before counts as a repetition, and sells nothing', async () => {
    const key = { 'idempotency-key': 'twice' }
    await buy(10, key)
    const grew = await growth(() => buy(10, key))
    expect(grew('onsale_purchases_repeated_total')).toBe(1)
    expect([grew('onsale_seats_sold_total'), grew('onsale_purchase_seconds_count')]).toEqual([0, 0])
    expect(grew('onsale_request_seconds_count', request(201))).toBe(1)
  })

  it('that is refused counts by its code and status, on both lanes', async () => {
    await buy(11)
    const grew = await growth(async () => {
      await buy(11)
      await buy(11, { 'content-type': 'application/json; charset="utf-8"' })
    })
    expect(grew('onsale_refused_total', { code: 'seat-occupied' })).toBe(2)
    expect(grew('onsale_request_seconds_count', request(409))).toBe(2)
    expect(grew('onsale_seats_sold_total')).toBe(0)
  })

  it('by many at once makes batches of many', async () => {
    const grew = await growth(() =>
      Promise.all(Array.from({ length: 150 }, () => client.buy({ ...SEAT, zoneId: 2, row: undefined, quantity: 1 }))),
    )
    expect(grew('onsale_ledger_batch_changes_sum')).toBeGreaterThanOrEqual(150)
    expect(grew('onsale_ledger_batch_changes_count')).toBeLessThan(75)
    expect(grew('onsale_ledger_batch_changes_bucket', { le: 8 })).toBeLessThan(grew('onsale_ledger_batch_changes_count'))
  })
})

describe('a request', () => {
  it('counts under the pattern of its route, whatever it asks for', async () => {
    const grew = await growth(async () => {
      await client.get('/query/api/v1/events/Event1')
      await client.get('/query/api/v1/events/Event2')
      await client.get('/query/api/v1/events/Nothing')
    })
    const route = '/query/api/v1/events/:eventId'
    expect(grew('onsale_request_seconds_count', request(200, route, 'GET'))).toBe(2)
    expect(grew('onsale_request_seconds_count', request(404, route, 'GET'))).toBe(1)
  })

  it('that no route takes makes no series of its own', async () => {
    const grew = await growth(async () => {
      for (const path of ['/nothing', '/at', '/all']) await client.get(path)
    })
    expect(grew('onsale_request_seconds_count', request(404, '(none)', 'GET'))).toBe(3)
    expect(grew('onsale_refused_total', { code: 'route-not-found' })).toBe(3)
  })
})

it('what reaches no route is counted too', async () => {
  const grew = await growth(async () => {
    expect((await sendRaw(server.url, ['GET /health HTTP/1.1', 'Connection: close']))?.status).toBe(400)
    expect((await sendRaw(server.url, ['no HTTP']))?.status).toBe(400)
  })
  expect(grew('onsale_refused_total', { code: 'bad-request' })).toBe(2)
})

it('a live stream counts while it is open, and not as a request that took long', async () => {
  const grew = await growth(async () => {
    const live = await openLive(server.url, 'Event1')
    await whenMetrics('the stream', ({ value }) => value('onsale_streams') === 1)
    live.close()
    await whenMetrics('no stream', ({ value }) => value('onsale_streams') === 0)
  })
  expect(grew('onsale_request_seconds_count', request(200, '/query/api/v1/events/:eventId/stream', 'GET'))).toBe(0)
})

it('a process that stands still has a delay of its event loop', async () => {
  await metrics() // Each scrape begins anew, and what comes before its next tick is not counted.
  const begun = performance.now()
  await until('a tick', () => performance.now() - begun > 200)
  process.kill(server.pid, 'SIGSTOP')
  const stopped = performance.now()
  await until('some time', () => performance.now() - stopped > 400)
  process.kill(server.pid, 'SIGCONT')
  await whenMetrics('the delay', ({ value }) => value('nodejs_eventloop_lag_max_seconds') > 0.3)
})

it('a ticket that was given away twice is told', async () => {
  const database = new DatabaseSync(join(dataDir, 'read.db'), { timeout: 5000 })
  const first = await buy(20)
  await client.read('/query/api/v1/tickets', String(first.headers['onsale-position']))
  const { changes } = database
    .prepare("update tickets set column_ = 21 where event_id = 'Event1' and zone_id = 1 and row_ = 'A' and column_ = 20")
    .run()
  expect(changes).toBe(1)
  database.close()
  const grew = await growth(async () => {
    const second = await buy(21)
    await client.read('/query/api/v1/tickets', String(second.headers['onsale-position']))
  })
  expect(grew('onsale_seat_conflicts_total')).toBe(1)
})

it('a read side that cannot write has a backlog that grows old, fails aloud, and catches up', async () => {
  const before = await until('nothing behind from before', async () => {
    const now = await metrics()
    return now.value('onsale_backlog_entries', SHARD) + now.value('onsale_oldest_entry_seconds', SHARD) === 0 && now
  })
  const database = new DatabaseSync(join(dataDir, 'read.db'), { timeout: 5000 })
  onTestFinished(() => database.close())
  database.exec('begin immediate')
  for (const column of [1, 2, 3]) expect((await client.buy({ ...SEAT, row: 'C', column })).status).toBe(201)
  await whenMetrics('three entries behind', ({ value }) => value('onsale_backlog_entries', SHARD) === 3)
  await whenMetrics('an old one', ({ value }) => value('onsale_oldest_entry_seconds', SHARD) > 3)
  await whenMetrics('a failure', ({ value }) => value('onsale_failures_total', { what: 'bus' }) > 0)
  // The relay publishes again after five seconds.
  await whenMetrics(
    'more published',
    ({ value }) => value('onsale_entries_published_total') - before.value('onsale_entries_published_total') > 3,
  )
  database.exec('rollback')
  await whenMetrics('nothing behind', ({ value }) => value('onsale_backlog_entries', SHARD) === 0)
  const after = await metrics()
  expect(after.value('onsale_oldest_entry_seconds', SHARD)).toBe(0)
  expect(after.value('onsale_entries_projected_total') - before.value('onsale_entries_projected_total')).toBe(3)
  expect(after.value('onsale_entries_repeated_total')).toBeGreaterThan(before.value('onsale_entries_repeated_total'))
  const slow = (now: Metrics) => now.value('onsale_lag_seconds_count', SHARD) - now.value('onsale_lag_seconds_bucket', { ...SHARD, le: 2 })
  expect(slow(after) - slow(before)).toBe(3)
})

it('docs/telemetry.md lists every metric with its type, and no other', async () => {
  const { types } = await metrics()
  const ours = [...types].filter(([name]) => name.startsWith('onsale_')).map(([name, type]) => `${name} ${type}`)
  const text = readFileSync(resolve(import.meta.dirname, '../../../docs/telemetry.md'), 'utf8')
  const listed = [...text.matchAll(/^\| `(onsale_\w+)` \| (\w+) \|/gm)].map(([, name, type]) => `${name} ${type}`)
  expect(listed.sort()).toEqual(ours.sort())
})
