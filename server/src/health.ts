/** Alive, ready, and how it goes. */
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { health, readiness } from '@onsale/contract/api'
import type { FastifyInstance } from 'fastify'
import topology from '../../topology.json' with { type: 'json' }
import packageJson from '../package.json' with { type: 'json' }
import type { Config } from './config.ts'
import { CONSTANT_HEADERS } from './http.ts'
import type { Report } from './report.ts'
import type { Check, Running } from './roles.ts'
import { missingMigrations } from './sql/migrate.ts'
import type { Sql } from './sql/sql.ts'

export function addHealth(http: FastifyInstance, config: Config, report: Report, sql: Sql, running: () => readonly Running[]): void {
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
  http.route({
    ...readiness,
    handler: async (_, reply) => {
      const checks = (await Promise.all([checkDatabase(sql), ...running().map(checksOf)]))
        .flat()
        .map((check) => ({ ...check, detail: report.hide(check.detail) }))
      const ready = checks.every(({ status }) => status === 'ok')
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

async function checkDatabase(sql: Sql): Promise<Check[]> {
  try {
    const missing = await missingMigrations(sql)
    return [
      { name: 'database', status: 'ok', detail: 'answers' },
      {
        name: 'schema',
        status: missing.length === 0 ? 'ok' : 'failing',
        detail: missing.length === 0 ? 'is current' : `lacks ${missing.join(', ')}`,
      },
    ]
  } catch (error) {
    return [{ name: 'database', status: 'failing', detail: error instanceof Error ? error.message : 'does not answer' }]
  }
}

/** A check that fails to answer has failed. */
async function checksOf(role: Running): Promise<Check[]> {
  try {
    return (await role.checks?.()) ?? []
  } catch (error) {
    return [{ name: 'role', status: 'failing', detail: error instanceof Error ? error.message : String(error) }]
  }
}
