/** One purchase, one trace, from the request to the database: by the process as it is run, to a collector that takes OTLP as it is sent. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Client, createClient } from '../../test/client.ts'
import { attributesOf, type Collector, type Span, startCollector } from '../../test/collector.ts'
import { streamPath } from '../../test/live.ts'
import { runServer, type ServerProcess, startServer } from '../../test/process.ts'
import { until } from '../../test/until.ts'
import { traceOf } from './tracing.ts'

const TRACE = '0af7651916cd43dd8448eb211c80319c'
const SEAT = { venueId: 'Venue1', eventId: 'Event1', zoneId: 1, row: 'A' }
const wanted = ['POST /purchase/api/v1/tickets', 'ledger commit', 'publish', 'project', 'SQL write']
describe('with a collector', () => {
  let collector: Collector
  let server: ServerProcess
  let client: Client
  beforeAll(async () => {
    collector = await startCollector()
    server = await startServer({
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_HEADERS: 'x-api-key=let%20me=in',
      OTEL_TRACES_SAMPLER_ARG: '0',
    })
    client = createClient(server.url)
  })
  afterAll(async () => {
    client.close()
    await server.stop()
    collector.close()
  })

  const traced = (column: number, flags: string, trace = TRACE, more = {}) =>
    client.buy({ ...SEAT, column }, { traceparent: `00-${trace}-b7ad6b7169203331-${flags}`, ...more })
  const spansOf = (trace: string, count: number) =>
    until(`${count} spans of ${trace}`, () => {
      const found = collector.spans.filter(({ traceId }) => traceId === trace)
      return found.length >= count && found
    })

  it('one purchase is one trace: request, ledger, bus, projector and database, each within its parent', async () => {
    const answer = await traced(1, '01')
    expect(answer.status).toBe(201)
    const spans = await spansOf(TRACE, wanted.length)
    const named = new Map(spans.map((span) => [span.name, span]))
    expect([...named.keys()].sort()).toEqual([...wanted].sort())
    const [request, commit, publish, project, write] = wanted.map((name) => named.get(name) as Span) as [Span, Span, Span, Span, Span]
    expect(request.parentSpanId).toBe('b7ad6b7169203331')
    for (const child of [commit, publish, project]) expect(child.parentSpanId, child.name).toBe(request.spanId)
    expect(write.parentSpanId).toBe(project.spanId)
    expect([request, commit, publish, project, write].map(({ kind }) => kind)).toEqual([2, 3, 4, 5, 3])
    expect(attributesOf(request)).toMatchObject({
      'http.route': '/purchase/api/v1/tickets',
      'http.response.status_code': 201,
      'onsale.request_id': answer.headers['x-request-id'],
    })
    expect(`${attributesOf(commit).shard}-${attributesOf(commit).position}`).toBe(answer.headers['onsale-position'])
    expect(attributesOf(write)['db.system.name']).toBe('sqlite')
    for (const [inner, outer] of [
      [commit, request],
      [write, project],
    ] as const) {
      expect(BigInt(inner.startTimeUnixNano)).toBeGreaterThanOrEqual(BigInt(outer.startTimeUnixNano))
      expect(BigInt(inner.endTimeUnixNano)).toBeLessThanOrEqual(BigInt(outer.endTimeUnixNano))
    }
  })

  it('is sent what it asks for, and knows who sends', () => {
    expect(collector.headers[0]).toMatchObject({ url: '/v1/traces', 'x-api-key': 'let me=in' })
    for (const service of collector.services) expect(service).toContain('"onsale"')
  })

  it('a refusal is in its trace too, and on the slower lane as well', async () => {
    const trace = TRACE.replace('0a', '1b')
    expect((await traced(1, '01', trace)).status).toBe(409)
    const other = TRACE.replace('0a', '2c')
    const slower = { 'content-type': 'application/json; charset="utf-8"' }
    expect((await traced(1, '01', other, slower)).status).toBe(409)
    for (const each of [trace, other]) {
      const spans = await spansOf(each, 2)
      expect(spans.map(({ name }) => name).sort()).toEqual([wanted[0], wanted[1]])
      expect(attributesOf(spans.find(({ kind }) => kind === 2) as Span)['http.response.status_code']).toBe(409)
    }
  })

  it('a live stream is a span that ends when its listener goes', async () => {
    const trace = TRACE.replace('0a', '5f')
    const leaving = new AbortController()
    const headers = { traceparent: `00-${trace}-b7ad6b7169203331-01` }
    expect((await fetch(`${server.url}${streamPath('Event1')}`, { headers, signal: leaving.signal })).status).toBe(200)
    leaving.abort()
    expect((await spansOf(trace, 1)).map(({ name }) => name)).toEqual(['GET /query/api/v1/events/:eventId/stream'])
  })

  it('what the caller does not trace, and what the ratio leaves out, is in none', async () => {
    const before = collector.spans.length
    const untraced = TRACE.replace('0a', '3d')
    expect((await traced(2, '00', untraced)).status).toBe(201)
    expect((await client.buy({ ...SEAT, column: 3 })).status).toBe(201)
    const after = TRACE.replace('0a', '4e')
    await traced(4, '01', after)
    await spansOf(after, wanted.length)
    expect(new Set(collector.spans.slice(before).map(({ traceId }) => traceId))).toEqual(new Set([after]))
  })
})

/** Says aloud which modules of OpenTelemetry's SDK are loaded; its API is a part of prom-client. */
const WATCH = `data:text/javascript,${encodeURIComponent(`
  import { registerHooks } from 'node:module'
  import { writeSync } from 'node:fs'
  registerHooks({ load: (url, context, next) => (/@opentelemetry.(?!api)/.test(url) && writeSync(2, 'loads ' + url), next(url, context)) })
`)}`

it.each([
  { endpoint: '', loads: false },
  { endpoint: 'http://127.0.0.1:9', loads: true },
])(
  'the SDK is loaded for a collector, and for nothing else: "$endpoint"',
  async ({ endpoint, loads }) => {
    const { heard } = await runServer({ LOG_LEVEL: 'silent', NODE_OPTIONS: `--import=${WATCH}`, OTEL_EXPORTER_OTLP_ENDPOINT: endpoint })
    await until('it is open', () => heard.said.includes('Onsale is open'))
    expect(heard.said.includes('loads file:')).toBe(loads)
  },
  60_000,
)

describe('the trace of an entry', () => {
  const trace = `00-${TRACE}-b7ad6b7169203331-01`
  it('is found', () => {
    expect(traceOf(`{"shard":"0","seats":[{"row":"A"}],"trace":"${trace}"}`)).toBe(trace)
  })
  it.each(['{"shard":"0"}', JSON.stringify({ eventId: `x,"trace":"${trace}"` }), `{"shard":"0","trace":"00-${TRACE}-b7ad-01"}`])(
    'is none in %s',
    (body) => {
      expect(traceOf(body)).toBeUndefined()
    },
  )
})
