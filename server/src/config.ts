/** Settings: the only reader of process.env. All problems are told together, each with its mend, and the process does not start. */
import { enableCompileCache } from 'node:module'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import topology from '../../topology.json' with { type: 'json' }
import { busAddress } from './bus/address.ts'
import { parseRedisUrl } from './ledger/address.ts'
import { leftBehind } from './move/note.ts'
import { isRole, type RoleName, roleNames } from './roles.ts'
import { decoded, passwordsIn } from './telemetry/secrets.ts'

export type Config = {
  port: number
  host: string
  dataDir: string
  roles: readonly RoleName[]
  ledgerUrl: string
  busUrl: string
  databaseUrl: string
  /** A replica that answers questions; null: the database itself does. */
  databaseReaderUrl: string | null
  logLevel: string
  environment: string
  /** A separate port for /metrics; null: on the main port. */
  metricsPort: number | null
  /** How long it serves on after it was told to stop. */
  drainMs: number
  /** Where traces go; null: nothing is traced. `ratio`: of those that begin here. */
  traces: { endpoint: string; headers: Record<string, string>; ratio: number } | null
  /** Passwords and tokens of all these: what no log may show. */
  secrets: readonly string[]
}

const REDIS = ['redis:', 'rediss:']
/** Database servers. */
const SERVERS = ['postgres:', 'mysql:']

const PORT = String(topology.image.port)

/** What can be set, its default and what it is for: printed by `onsale serve --help` and held against the README by a test. */
export const settings = {
  PORT: { default: PORT, about: 'Port of the HTTP server; 0 takes a free one.' },
  HOST: { default: '0.0.0.0', about: 'Address to listen on.' },
  DATA_DIR: { default: './data', about: 'Folder of everything that the embedded adapters keep.' },
  ROLES: { default: 'all', about: `Which parts this process runs: all, or some of ${roleNames.join(', ')}, joined by commas.` },
  LEDGER_URL: {
    default: 'sqlite:<DATA_DIR>/ledger.db',
    about:
      'Where seats are kept: sqlite:<path>, redis://<host:port> or rediss://<user:password@host:port>; several hosts joined by commas are a cluster; ?shards=8&prefix=onsale.',
  },
  BUS_URL: {
    default: 'memory:',
    about:
      'What carries log entries to the projector: memory:, kafka://<host>:<port>/<topic> or sns+sqs://<region>/<topic>; docs/bus.md has what can be set after a question mark.',
  },
  DATABASE_URL: {
    default: 'sqlite:<DATA_DIR>/read.db',
    about: 'The read side: sqlite:<path>, postgres://... or mysql://..., with ?pool=<connections> (10).',
  },
  DATABASE_READER_URL: { default: '(none)', about: 'One replica of DATABASE_URL, which then answers all that is read.' },
  LOG_LEVEL: { default: 'warn', about: 'fatal, error, warn, info, debug, trace or silent.' },
  NODE_ENV: { default: 'development', about: 'development, test or production.' },
  METRICS_PORT: { default: '(none)', about: 'Serves /metrics on a port of its own instead of the main one.' },
  DRAIN_MS: {
    default: '1000',
    about:
      'How long a process that was told to stop serves on, not ready, so that load balancers see it (at most 10000). A little more than the time between two of their looks.',
  },
  OTEL_EXPORTER_OTLP_ENDPOINT: {
    default: '(none)',
    about: 'Collector of traces, as in http://localhost:4318; without it nothing is traced.',
  },
  OTEL_EXPORTER_OTLP_HEADERS: { default: '(none)', about: 'What the collector wants of a sender: name=value, joined by commas.' },
  OTEL_TRACES_SAMPLER_ARG: {
    default: '0.01',
    about: 'How many of the requests are traced, from 0 to 1; one whose caller has decided (traceparent) is traced as the caller says.',
  },
} as const

export type Environment = Readonly<Record<string, string | undefined>>
/** For who starts the product with some settings of their own: `{ ...environment, ROLES: 'query' }`. */
export const environment: Environment = process.env

/** With the 5 s for requests under way it stays below the 20 s within which a process has to end. */
const MOST_DRAIN_MS = 10_000

export class ConfigError extends Error {
  constructor(problems: readonly string[]) {
    super(`Onsale cannot start:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`)
    this.name = 'ConfigError'
  }
}

export function readConfig(env: Environment = environment): Config {
  const problems: string[] = []
  const dataDir = resolve(env.DATA_DIR || './data')
  const config: Config = {
    port: port(env.PORT || PORT, 'PORT', problems),
    host: env.HOST || '0.0.0.0',
    dataDir,
    roles: roles(env.ROLES || 'all', problems),
    ledgerUrl: url(env.LEDGER_URL || `sqlite:${join(dataDir, 'ledger.db')}`, 'LEDGER_URL', ['sqlite:', ...REDIS], problems),
    busUrl: bus(env.BUS_URL || 'memory:', problems),
    databaseUrl: url(env.DATABASE_URL || `sqlite:${join(dataDir, 'read.db')}`, 'DATABASE_URL', ['sqlite:', ...SERVERS], problems),
    databaseReaderUrl: env.DATABASE_READER_URL ? url(env.DATABASE_READER_URL, 'DATABASE_READER_URL', SERVERS, problems) : null,
    logLevel: oneOf(env.LOG_LEVEL || 'warn', 'LOG_LEVEL', ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], problems),
    environment: oneOf(env.NODE_ENV || 'development', 'NODE_ENV', ['development', 'test', 'production'], problems),
    metricsPort: env.METRICS_PORT ? port(env.METRICS_PORT, 'METRICS_PORT', problems) : null,
    drainMs: drain(env.DRAIN_MS || settings.DRAIN_MS.default, problems),
    traces: traces(env, problems),
    secrets: [],
  }
  config.secrets = secretsOf(config)
  if (config.busUrl === 'memory:' && config.roles.includes('purchase') !== config.roles.includes('projector'))
    problems.push('ROLES: with BUS_URL=memory: purchase and projector run in the same process. Name both, or neither.')
  const { databaseUrl, databaseReaderUrl } = config
  if (databaseReaderUrl && databaseReaderUrl.split(':')[0] !== databaseUrl.split(':')[0])
    problems.push('DATABASE_READER_URL is of another kind than DATABASE_URL: name a replica of that database, or nothing.')
  if (config.metricsPort === config.port && config.port !== 0)
    problems.push(
      `METRICS_PORT is ${config.port}, as PORT is: give it a number of its own, or leave it out and /metrics is served on PORT.`,
    )
  const moved = leftBehind(dataDir, config)
  if (moved !== null) problems.push(moved)
  if (problems.length > 0) throw new ConfigError(problems)
  return config
}

/** Everything that is kept lies in files of this machine, and nothing outside can be away. */
export const isEmbedded = ({ ledgerUrl, busUrl, databaseUrl }: Pick<Config, 'ledgerUrl' | 'busUrl' | 'databaseUrl'>): boolean =>
  ledgerUrl.startsWith('sqlite:') && databaseUrl.startsWith('sqlite:') && busUrl === 'memory:'
export function secretsOf({ ledgerUrl, busUrl, databaseUrl, databaseReaderUrl, traces }: Config): string[] {
  const addresses = [ledgerUrl, busUrl, databaseUrl, databaseReaderUrl ?? '', traces?.endpoint ?? '']
  return [...addresses.flatMap(passwordsIn), ...Object.values(traces?.headers ?? {})]
}

function traces(env: Environment, problems: string[]): Config['traces'] {
  const endpoint = env.OTEL_EXPORTER_OTLP_ENDPOINT
  const ratio = Number(env.OTEL_TRACES_SAMPLER_ARG || '0.01')
  if (!(ratio >= 0 && ratio <= 1)) problems.push(`OTEL_TRACES_SAMPLER_ARG is "${env.OTEL_TRACES_SAMPLER_ARG}": give a number from 0 to 1.`)
  const headers = otlpHeaders(env.OTEL_EXPORTER_OTLP_HEADERS || '', problems)
  if (!endpoint) return null
  if (!/^https?:$/.test(URL.parse(endpoint)?.protocol ?? ''))
    problems.push('OTEL_EXPORTER_OTLP_ENDPOINT is no address: write http://host:port or https://host:port.')
  return { endpoint, headers, ratio }
}

/** Says nothing of what was given: it may be a token. */
function otlpHeaders(text: string, problems: string[]): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const pair of text.split(',').filter(Boolean)) {
    const [, name, value] = /^\s*([\w-]+)=(.+)$/.exec(pair) ?? []
    if (name && value) headers[name] = decoded(value.trim())
    else problems.push('OTEL_EXPORTER_OTLP_HEADERS has a part that is no header: write name=value, joined by commas.')
  }
  return headers
}

function port(text: string, name: string, problems: string[]): number {
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text)
  problems.push(`${name} is "${text}": give a number from 0 to 65535.`)
  return 0
}

function drain(text: string, problems: string[]): number {
  if (/^\d{1,5}$/.test(text) && Number(text) <= MOST_DRAIN_MS) return Number(text)
  problems.push(`DRAIN_MS is "${text}": give milliseconds from 0 to ${MOST_DRAIN_MS}.`)
  return 0
}

function roles(text: string, problems: string[]): RoleName[] {
  if (text === 'all') return [...roleNames]
  const names = text.split(',').map((name) => name.trim())
  for (const name of names) if (!isRole(name)) problems.push(`ROLES names "${name}": there are ${roleNames.join(', ')}, or all.`)
  return names.filter(isRole)
}

function url(text: string, name: string, schemes: readonly string[], problems: string[]): string {
  const scheme = schemes.find((known) => text.startsWith(known))
  if (!scheme) problems.push(`${name} is "${shown(text)}": it begins with ${schemes.join(' or ')}.`)
  else if (scheme === 'sqlite:' && text === scheme) problems.push(`${name} is "sqlite:": name a file, as in sqlite:./data/onsale.db.`)
  else if (REDIS.includes(scheme)) redisUrl(text, name, problems)
  else if (SERVERS.includes(scheme)) serverUrl(text, name, scheme, problems)
  return text
}

/** The beginning of an address: what follows may be a password. */
const shown = (text: string): string => text.slice(0, 40).replace(/(:|\/\/).*/, '$1...')

function redisUrl(text: string, name: string, problems: string[]): void {
  try {
    parseRedisUrl(text)
  } catch (error) {
    problems.push(`${name}: ${(error as Error).message}`)
  }
}

/** Says nothing of what was given: it may hold a password. */
function serverUrl(text: string, name: string, scheme: string, problems: string[]): void {
  const parsed = URL.parse(text)
  if (!parsed?.hostname || parsed.pathname.length < 2)
    problems.push(`${name} names no server and database: write ${scheme}//user:password@host:port/database.`)
  const pool = parsed?.searchParams.get('pool') ?? '1'
  if (!/^[1-9]\d{0,2}$/.test(pool)) problems.push(`${name} has a pool that is no number: write ?pool=10, from 1 to 999.`)
}

function bus(text: string, problems: string[]): string {
  try {
    busAddress(text)
  } catch (error) {
    problems.push(`BUS_URL is "${shown(text)}": ${(error as Error).message}`)
  }
  return text
}

function oneOf(text: string, name: string, choices: readonly string[], problems: string[]): string {
  if (!choices.includes(text)) problems.push(`${name} is "${text}": take one of ${choices.join(', ')}.`)
  return text
}

/**
 * Keeps compiled code between starts, for this thread and those that it starts: a second start compiles nothing, and threads that need
 * not strip types take 20 MB less each. In our own folder, because whoever can write there can run code here.
 */
export function keepCompiledCode(env: Record<string, string | undefined> = process.env): void {
  env.NODE_COMPILE_CACHE ??= resolve(fileURLToPath(import.meta.url), '../../../node_modules/.cache/onsale-compiled')
  enableCompileCache(env.NODE_COMPILE_CACHE)
}
