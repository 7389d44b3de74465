/** A log line can be found by the request id that a client has, and leads to the trace. */
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, it, onTestFinished } from 'vitest'
import { createClient, TICKETS } from '../../test/client.ts'
import { startCollector } from '../../test/collector.ts'
import { temporaryFolder } from '../../test/platform.ts'
import { runServer } from '../../test/process.ts'
import { until } from '../../test/until.ts'

type Line = { level: number; msg: string; requestId?: string; traceId?: string; [more: string]: unknown }
const TRACE = '0af7651916cd43dd8448eb211c80319c'
const traceparent = `00-${TRACE}-b7ad6b7169203331-01`

async function start(level: string) {
  const [dataDir, collector] = [await temporaryFolder(), await startCollector()]
  onTestFinished(collector.close)
  const { heard } = await runServer({
    DATA_DIR: dataDir,
    LOG_LEVEL: level,
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_TRACES_SAMPLER_ARG: '0',
  })
  const url = await until('its address', () => /http:\/\/127\S+/.exec(heard.said)?.[0])
  const client = createClient(url)
  onTestFinished(client.close)
  const lines = (): Line[] => [...heard.said.matchAll(/^\{.*\}$/gm)].map(([line]) => JSON.parse(line) as Line)
  const lineOf = (requestId: string) => until(`the line of ${requestId}`, () => lines().find((line) => line.requestId === requestId))
  return { client, dataDir, lines, lineOf }
}

it('every request has a line at level info, on both lanes, with its id and its trace', async () => {
  const { client, lineOf } = await start('info')
  const wish = { venueId: 'Venue1', eventId: 'Event1', zoneId: 1, row: 'A', column: 1 }
  await client.buy(wish, { 'x-request-id': 'first', traceparent })
  expect(await lineOf('first')).toMatchObject({ level: 30, msg: 'answered', traceId: TRACE, method: 'POST', route: TICKETS, status: 201 })
  await client.get('/query/api/v1/events/Nothing', { 'x-request-id': 'second' })
  const second = await lineOf('second')
  expect(second).toMatchObject({ msg: 'answered', route: '/query/api/v1/events/:eventId', status: 404 })
  expect(second).not.toHaveProperty('traceId')
  const { headers } = await client.get('/health')
  expect(await lineOf(String(headers['x-request-id']))).toMatchObject({ route: '/health', status: 200, ms: expect.any(Number) })
})

it('an error has the request that met it, which the client was told; below info nothing else is said', async () => {
  const { client, dataDir, lines, lineOf } = await start('error')
  const database = new DatabaseSync(join(dataDir, 'read.db'), { timeout: 5000 })
  database.exec('alter table tickets rename to gone')
  database.close()
  await client.get('/health', { 'x-request-id': 'fine' })
  // Not by the client of tests, which takes no mistake of ours.
  const failed = await fetch(`${client.url}/query/api/v1/tickets`, { headers: { traceparent } })
  expect(failed.status).toBe(500)
  const line = await lineOf(((await failed.json()) as { requestId: string }).requestId)
  expect(line).toMatchObject({ level: 50, msg: 'unexpected error', traceId: TRACE, err: { message: expect.stringContaining('tickets') } })
  expect(lines().some(({ requestId }) => requestId === 'fine')).toBe(false)
})

it('what fails in every round is one line, and counted each time', async () => {
  const { client, dataDir, lines } = await start('error')
  const database = new DatabaseSync(join(dataDir, 'read.db'), { timeout: 5000 })
  database.exec('alter table positions rename to gone')
  database.close()
  const relayFailed = async (): Promise<number> =>
    Number(/^onsale_failures_total\{what="relay"\} (\d+)/m.exec((await client.get('/metrics')).text)?.[1] ?? 0)
  await until('it failed often', async () => (await relayFailed()) > 5)
  expect(lines().filter(({ msg }) => msg === 'relay')).toHaveLength(1)
})
