/** The product in one process: what main.ts starts and what tests start. */
import type { Server } from 'node:http'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import packageJson from '../package.json' with { type: 'json' }
import { openAdapters } from './adapters.ts'
import { type ImportProblem, importFolder } from './catalogue/import.ts'
import type { Config } from './config.ts'
import { addDescription } from './description.ts'
import { addHealth, serveMetrics } from './health.ts'
import { answerTheRest, createHttp, type Page } from './http.ts'
import { createReport } from './report.ts'
import { prefixesOf, type Running, roles } from './roles.ts'
import { migrate } from './sql/migrate.ts'
import type { Sql } from './sql/sql.ts'
import { hiding } from './telemetry/secrets.ts'
import type { Tracing } from './telemetry/tracing.ts'

/** How long requests under way may take when the process stops. */
const GRACE_MS = 5000
const SAMPLES = resolve(fileURLToPath(import.meta.url), '../../../samples')

export type Platform = {
  url: string
  port: number
  config: Config
  adapters: Awaited<ReturnType<typeof openAdapters>>
  stop(): Promise<void>
}

/** `samples`: the folder that is imported when the database is new. */
export async function startPlatform(config: Config, samples = SAMPLES): Promise<Platform> {
  const tracing = await startTracing(config, (error) => report.failed('sending traces', error))
  const report = createReport({ level: config.logLevel, roles: config.roles, hide: hiding(config.secrets), tracing })
  const adapters = await openAdapters(config, report)
  await migrate(adapters.sql)
  for (const problem of await importOnce(adapters.sql, samples)) report.logger.error(problem, 'a file was not imported')

  const http = createHttp(report)
  let page: Page | undefined
  answerTheRest(http, report, [...prefixesOf(config.roles).filter((prefix) => prefix !== '/'), '/health', '/docs'], () => page)
  await addDescription(http)
  const running: Running[] = []
  addHealth(http, config, report, adapters.sql, () => running)
  const metrics = config.metricsPort === null ? null : await serveMetrics(config.metricsPort, config.host, report)
  const named = (Object.keys(roles) as (keyof typeof roles)[]).filter((name) => config.roles.includes(name))
  for (const name of named) {
    const start = await roles[name]()
    const role = await start({ config, adapters, http, report })
    page ??= role.page
    running.push(role)
  }
  if (!page) http.get('/', { schema: { hide: true } }, async (_, reply) => reply.redirect('/docs'))
  await http.listen({ port: config.port, host: config.host })
  const { port } = http.server.address() as { port: number }
  const host = ['0.0.0.0', '::'].includes(config.host) ? 'localhost' : config.host
  return {
    url: `http://${host}:${port}`,
    port,
    config,
    adapters,
    async stop() {
      const closed = http.close()
      for (const role of running.reverse()) await role.stop()
      await answered(http.server, closed)
      metrics?.close()
      await adapters.close()
      await tracing?.stop()
    },
  }
}

/** OpenTelemetry is loaded where it is wanted, and nowhere else. */
async function startTracing({ traces, roles }: Config, onError: (error: unknown) => void): Promise<Tracing | undefined> {
  if (!traces) return undefined
  return (await import('./telemetry/otlp.ts')).startTracing({ ...traces, roles, version: packageJson.version, onError })
}

/** Waits for the answers to what is under way; whoever asks anew hears 503, and the connection ends. */
async function answered(server: Server, closed: Promise<unknown>): Promise<void> {
  const ending = setInterval(() => server.closeIdleConnections(), 20)
  const late = setTimeout(() => server.closeAllConnections(), GRACE_MS)
  await closed
  clearInterval(ending)
  clearTimeout(late)
}

/** On the first start only; never again over what lives. */
async function importOnce(sql: Sql, folder: string): Promise<ImportProblem[]> {
  const row = await sql.db.selectFrom('catalogue').select('id').executeTakeFirst()
  if (row) return []
  const { problems } = await importFolder(sql, folder, Date.now())
  // Another process on the same database may have done all this at the same moment.
  await sql.write((trx) => sql.insertOnce(trx, 'catalogue', [{ id: 1, version: 1 }]))
  return problems
}
