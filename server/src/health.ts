/** Alive, ready, and how it goes. */
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { health, readiness } from '@onsale/contract/api'
import type { FastifyInstance } from 'fastify'
import topology from '../../topology.json' with { type: 'json' }
import packageJson from '../package.json' with { type: 'json' }
import type { Config } from './config.ts'
import { CONSTANT_HEADERS } from './headers.ts'
import type { Report } from './report.ts'
import type { Check } from './roles.ts'

const STOPPING: Check = { name: 'stopping', status: 'failing', detail: 'The process was told to stop.' }

/** Anybody may ask, and the checks of a house of 500 zones cost twenty purchases. */
const CHECKS_KEPT_MS = 100

export function addHealth(
  http: FastifyInstance,
  config: Config,
  report: Report,
  checksOf: () => Promise<Check[]>,
  stopping: AbortSignal,
): void {
  const paths = new Map([
    ['/health', 'onsale'],
    ['/api/health', 'onsale'],
  ])
  for (const role of config.roles) if (!paths.has(topology.roles[role].healthPath)) paths.set(topology.roles[role].healthPath, role)
  for (const [path, service] of paths)
    http.route({
      ...health(path.replace(/\/health$/, '')),
      handler: async (request) => ({
        status: 'healthy',
        service,
        timestamp: new Date().toISOString(),
        environment: config.environment,
        port: request.socket.localPort ?? config.port,
        version: packageJson.version,
      }),
    })
  let checking: Promise<Check[]> = Promise.resolve([])
  let askedAt = Number.NEGATIVE_INFINITY
  const lately = (): Promise<Check[]> => {
    if (performance.now() - askedAt > CHECKS_KEPT_MS) {
      askedAt = performance.now()
      checking = checksOf()
    }
    return checking
  }
  http.route({
    ...readiness,
    handler: async (_, reply) => {
      const checks = stopping.aborted
        ? [STOPPING]
        : worstOfEach(await lately()).map((check) => ({ ...check, detail: report.hide(check.detail) }))
      const ready = checks.every(({ status }) => status !== 'failing')
      return reply.status(ready ? 200 : 503).send({ status: ready ? 'ready' : 'not-ready', checks })
    },
  })
  if (config.metricsPort === null)
    http.get('/metrics', { schema: { summary: 'Metrics as Prometheus text.', tags: ['health'] } }, async (_, reply) =>
      reply.type(report.metricsType).send(await report.metrics()),
    )
}

/** /metrics on a port of its own, so that the public one need not know it. */
export async function serveMetrics(port: number, host: string, report: Report): Promise<Server> {
  const server = createServer((request, response) => {
    if (request.url !== '/metrics') return response.writeHead(404, CONSTANT_HEADERS).end()
    report.metrics().then(
      (text) => response.writeHead(200, { ...CONSTANT_HEADERS, 'content-type': report.metricsType, 'cache-control': 'no-store' }).end(text),
      () => response.writeHead(500, CONSTANT_HEADERS).end(),
    )
  }).listen(port, host)
  await once(server, 'listening')
  return server
}

/** Several roles may look at the same thing. */
function worstOfEach(checks: readonly Check[]): Check[] {
  const badness = { ok: 0, degraded: 1, failing: 2 }
  const worst = new Map<string, Check>()
  for (const check of checks) {
    const other = worst.get(check.name)
    if (!other || badness[check.status] > badness[other.status]) worst.set(check.name, check)
  }
  return [...worst.values()]
}
