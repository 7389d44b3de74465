/** The product in one process: what main.ts starts and what tests start. */
import type { RequestListener, Server } from 'node:http'
import { resolve } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import packageJson from '../package.json' with { type: 'json' }
import { type Adapters, createAdapters } from './adapters.ts'
import { type ImportProblem, importFolder, importLater } from './catalogue/import.ts'
import { type Config, isEmbedded } from './config.ts'
import { addDescription } from './description.ts'
import { addHealth, serveMetrics } from './health.ts'
import { answerTheRest, createHttp } from './http.ts'
import type { Ledger } from './ledger/ledger.ts'
import { openRoles } from './opening.ts'
import { createReport, type Report } from './report.ts'
import { prefixesOf, type RoleContext, type RoleName, type Running, roles } from './roles.ts'
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
  adapters: Adapters
  /** Resolves when every role is open. Health is answered from before that; a server that is away is waited for. */
  opened: Promise<void>
  server: Server
  /** Whatever is asked of the old platform's server is answered here from now on; the old one leaves when what it was asked is answered. */
  takeOver(old: Platform, answeredWithinMs: number): Promise<void>
  /** Ends the roles and lets go of the engines; the server stays, for the heir. */
  leave(): Promise<void>
  stop(): Promise<void>
}

/** `server`: is listening already, and will be taken over. `hold` gives the ledger on once it may be sold from. */
export type Heir = { server?: Server; hold(ledger: Ledger, sql: () => Promise<Sql>): Promise<Ledger> }

/** `samples`: the folder that is imported when the database is new. */
export async function startPlatform(config: Config, samples = SAMPLES, heir?: Heir): Promise<Platform> {
  const tracing = await startTracing(config, (error) => report.failed('sending traces', error))
  const report = createReport({ level: config.logLevel, roles: config.roles, hide: hiding(config.secrets), tracing })
  const own = createAdapters(config, report)
  const adapters = heir ? { ...own, ledger: async () => heir.hold(await own.ledger(), own.sql) } : own
  const http = createHttp(report)
  answerTheRest(http, report, [...prefixesOf(config.roles).filter((prefix) => prefix !== '/'), '/health', '/docs'])
  await addDescription(http)
  const running = new Map<RoleName, Running>()
  const stopping = new AbortController()
  const opening = openRoles(running, { isFatal: isEmbedded(config), stopping: stopping.signal, report })
  addHealth(http, config, report, opening.checks, stopping.signal)
  const openMetrics = async () => (config.metricsPort === null ? null : await serveMetrics(config.metricsPort, config.host, report))
  let metrics = heir?.server ? null : await openMetrics()
  const context: RoleContext = { config, adapters, prepare: preparing(adapters, samples, report), http, report }
  for (const [name, load] of Object.entries(roles)) {
    if (!config.roles.includes(name as RoleName)) continue
    const role = await (await load())(context)
    http.page ??= role.page ?? null
    running.set(name as RoleName, role)
  }
  if (!http.page) http.get('/', { schema: { hide: true } }, async (_, reply) => reply.redirect('/docs'))
  const server = heir?.server ?? http.server
  if (heir?.server) await http.ready()
  else await http.listen({ port: config.port, host: config.host })
  const { port } = server.address() as { port: number }
  const host = ['0.0.0.0', '::'].includes(config.host) ? 'localhost' : config.host.includes(':') ? `[${config.host}]` : config.host
  const opened = opening.open()
  opened.catch(() => undefined)
  const leave = async (): Promise<void> => {
    stopping.abort()
    await opened.catch(() => undefined)
    for (const role of [...running.values()].reverse()) await role.stop()
    metrics?.close()
    await adapters.close()
    await tracing?.stop()
  }
  return {
    url: `http://${host}:${port}`,
    port,
    config,
    adapters,
    opened,
    server,
    leave,
    async takeOver(old, answeredWithinMs) {
      const listeners = http.server.listeners('request') as RequestListener[]
      server.removeAllListeners('request')
      for (const listener of listeners) server.on('request', listener)
      await wait(answeredWithinMs)
      await old.leave()
      metrics = await openMetrics()
    },
    async stop() {
      stopping.abort()
      // Each open connection is told to end with its next answer, so that nobody asks on one that is about to be closed.
      server.prependListener('request', (_, response) => {
        response.shouldKeepAlive = false
      })
      await wait(config.drainMs)
      await answered(server, Promise.all([http.close(), ...(heir?.server ? [closed(server)] : [])]))
      await leave()
    },
  }
}

const closed = (server: Server): Promise<void> => new Promise((resolve) => server.close(() => resolve()))

/** OpenTelemetry is loaded where it is wanted, and nowhere else. */
async function startTracing({ traces, roles }: Config, onError: (error: unknown) => void): Promise<Tracing | undefined> {
  if (!traces) return undefined
  return (await import('./telemetry/otlp.ts')).startTracing({ ...traces, roles, version: packageJson.version, onError })
}

/** Nobody can connect any more. Waits for the answers to what is under way, and to what comes on connections that are not told yet. */
async function answered(server: Server, closed: Promise<unknown>): Promise<void> {
  const ending = setInterval(() => server.closeIdleConnections(), 20)
  const late = setTimeout(() => server.closeAllConnections(), GRACE_MS)
  await closed
  clearInterval(ending)
  clearTimeout(late)
}

/** Tables and samples, once for all roles; after a failure whoever asks next tries again. */
function preparing(adapters: Adapters, samples: string, report: Report): () => Promise<void> {
  let prepared: Promise<void> | undefined
  const prepare = async (): Promise<void> => {
    const sql = await adapters.sql()
    await migrate(sql)
    await importSamples(sql, samples, report)
  }
  return () => {
    prepared ??= prepare().catch((error: unknown) => {
      prepared = undefined
      throw error
    })
    return prepared
  }
}

/** On the first start all; later what was not there or refused then. Never over what lives. */
async function importSamples(sql: Sql, folder: string, { logger }: Report): Promise<void> {
  const isFirst = !(await sql.db.selectFrom('catalogue').select('id').executeTakeFirst())
  const { venues, events, problems } = await (isFirst ? importFolder : importLater)(sql, folder, Date.now())
  // Another process on the same database may have done all this at the same moment.
  if (isFirst) await sql.write((trx) => sql.insertOnce(trx, 'catalogue', [{ id: 1, version: 1 }]))
  else if (venues.length + events.length > 0)
    logger.warn({ venues, events }, 'imported now: files that were new or mended since the first start')
  for (const [file, faults] of Map.groupBy(problems, (problem) => problem.file))
    logger.error({ file, faults: faults.slice(0, SHOWN_FAULTS).map(faultText), inAll: faults.length }, 'a file was not imported')
}

/** A zone that is wrong is wrong a hundred times. */
const SHOWN_FAULTS = 3

const faultText = ({ at, reason }: ImportProblem): string => (at ? `${at} ${reason}` : reason)
