/** The real servers under the roles, in a folder of their own so that they can be killed: `npm run services` (scripts/services.mjs). */
import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { openSql } from '@onsale/server/adapters'
import { freePort } from '../free-port.ts'
import { type FaultyWire, startProxy } from './proxy.ts'

const run = promisify(execFile)
const SERVICES = fileURLToPath(new URL('../../../scripts/services.mjs', import.meta.url))

const BUSES = { kafka: 'kafka', 'sns-sqs': 'fauxqs' } as const
const DATABASES = { postgres: 'POSTGRES_URL', mariadb: 'MYSQL_URL' } as const

/** What the roles run on; the ledger is Redis. */
export type Engines = { bus: keyof typeof BUSES; database: keyof typeof DATABASES }
/** A server in the words of scripts/services.mjs. */
export type ServerName = 'redis' | (typeof BUSES)[Engines['bus']] | Engines['database']

export type Urls = { ledgerUrl: string; busUrl: string; databaseUrl: string }
/** A ledger, a bus and a database that nobody else uses. `env`: what the bus' client reads from the environment; `busWire`: every connection to it. */
export type Place = Urls & { env: Record<string, string>; busWire?: FaultyWire; remove(): Promise<void> }

export type Servers = {
  /** SIGKILL. */
  crash(name: ServerName): Promise<void>
  /** On the same data and ports; resolves when all answer. */
  up(...names: readonly ServerName[]): Promise<void>
  newPlace(engines: Engines): Promise<Place>
  /** Stops all and removes their data. */
  clean(): Promise<void>
}

/** Of `redis,kafka,postgres`; throws with a sentence for whoever wrote something else. */
export function enginesOf(text: string): Engines {
  const [ledger, bus, database, ...more] = text.split(',') as [string, keyof typeof BUSES, keyof typeof DATABASES, ...string[]]
  if (ledger !== 'redis' || more.length > 0 || !Object.hasOwn(BUSES, bus) || !Object.hasOwn(DATABASES, database))
    throw new Error(`--engines is "${text}": write redis,kafka,postgres; the bus may be sns-sqs as well, the database mariadb.`)
  return { bus, database }
}

export const serversOf = ({ bus, database }: Engines): ServerName[] => ['redis', BUSES[bus], database]

export async function startServers(names: readonly ServerName[]): Promise<Servers> {
  const folder = await mkdtemp(join(tmpdir(), 'onsale-chaos-servers-'))
  // Brokers of Kafka tell their clients where they are: there stands the proxy.
  const kafkaPort = await freePort()
  const env = { ...process.env, SERVICES_DIR: folder, SERVICES_PORT: '', SERVICES_KAFKA_PORT: String(kafkaPort) }
  const services = async (...args: string[]): Promise<string> => (await run(process.execPath, [SERVICES, ...args], { env })).stdout
  let kafka: FaultyWire | undefined
  const clean = async (): Promise<void> => {
    await kafka?.close()
    await services('clean')
    await rm(folder, { recursive: true, force: true })
  }
  try {
    await services('up', ...new Set(names))
    const variables = Object.fromEntries([...(await services('env')).matchAll(/^(\w+)=(.*)$/gm)].map(([, name, value]) => [name, value]))
    if (variables.KAFKA_URL) {
      const { hostname, port } = new URL(variables.KAFKA_URL)
      kafka = await startProxy(hostname, Number(port), kafkaPort)
      variables.KAFKA_URL = `kafka://${hostname}:${kafkaPort}`
    }
    return {
      crash: async (name) => void (await services('crash', name)),
      up: async (...names) => void (await services('up', ...names)),
      newPlace: async (engines) => ({
        ...(await newPlace(engines, variables)),
        ...(engines.bus === 'kafka' && kafka && { busWire: kafka }),
      }),
      clean,
    }
  } catch (error) {
    await clean()
    throw error
  }
}

async function newPlace({ bus, database }: Engines, variables: Record<string, string>): Promise<Place> {
  const name = `chaos${randomUUID().slice(0, 8)}`
  const server = variables[DATABASES[database]] as string
  const databaseUrl = new URL(server)
  databaseUrl.pathname = `/${name}`
  await command(server, `create database ${name}`)
  return {
    ledgerUrl: `${variables.REDIS_URL}?prefix=${name}`,
    // Both as short as they can be set: whoever was killed is missed for so long.
    busUrl:
      bus === 'kafka'
        ? `${variables.KAFKA_URL}/${name}?partitions=4&sessionS=6`
        : `sns+sqs://${variables.AWS_REGION}/${name}?visibilityS=6`,
    databaseUrl: databaseUrl.href,
    env: Object.fromEntries(Object.entries(variables).filter(([key]) => key.startsWith('AWS_'))),
    remove: () => command(server, `drop database ${name}`),
  }
}

async function command(url: string, sql: string): Promise<void> {
  const server = await openSql(url)
  await server.read({ sql }, []).finally(server.close)
}
