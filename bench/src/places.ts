/** A prefix, a topic and a database of a benchmark's own, on the servers that the environment names. */
import { randomBytes } from 'node:crypto'
import { openSql } from '@onsale/server/adapters'
import type { BookUrls } from './books.ts'

export type Urls = BookUrls & { busUrl: string }

type Env = Readonly<Record<string, string | undefined>>
type Place = { variable: string; url: (server: string, name: string) => string }
const LEDGERS: Record<string, Place> = { redis: { variable: 'REDIS_URL', url: (server, name) => `${server}?prefix=${name}` } }
const BUSES: Record<string, Place> = {
  kafka: { variable: 'KAFKA_URL', url: (server, name) => `${server}/${name}` },
  'sns-sqs': { variable: 'AWS_REGION', url: (region, name) => `sns+sqs://${region}/${name}` },
}
const DATABASES: Record<string, Place> = {
  postgres: { variable: 'POSTGRES_URL', url: databaseOn },
  mariadb: { variable: 'MYSQL_URL', url: databaseOn },
}

/** `engines`: "redis,kafka,postgres". Without a bus entries stay within the process. */
export async function placesOn(engines: string, env: Env = process.env): Promise<{ urls: Urls; drop(): Promise<void> }> {
  const names = engines.split(',')
  const known = { ...LEDGERS, ...BUSES, ...DATABASES }
  const stranger = names.find((name) => !Object.hasOwn(known, name))
  if (stranger !== undefined) throw new Error(`--engines names "${stranger}": there are ${Object.keys(known).join(', ')}.`)
  const name = `onsale_bench_${randomBytes(4).toString('hex')}`
  const of = (places: Record<string, Place>): string | undefined => {
    const place = places[names.find((each) => Object.hasOwn(places, each)) ?? '']
    const server = place && env[place.variable]
    if (place && !server) throw new Error(`${place.variable} names no server: see \`npm run services\` in CONTRIBUTING.md.`)
    return place?.url(server as string, name)
  }
  const [ledgerUrl, busUrl = 'memory:', databaseUrl] = [of(LEDGERS), of(BUSES), of(DATABASES)]
  if (!ledgerUrl || !databaseUrl) throw new Error('--engines names a ledger and a database, as in redis,postgres or redis,kafka,postgres.')
  const server = env[names.includes('postgres') ? 'POSTGRES_URL' : 'MYSQL_URL'] as string
  await command(server, `create database ${name}`)
  return {
    urls: { ledgerUrl, busUrl, databaseUrl },
    drop: () => command(server, `drop database ${name}${names.includes('postgres') ? ' with (force)' : ''}`),
  }
}

function databaseOn(server: string, name: string): string {
  const url = new URL(server)
  url.pathname = `/${name}`
  return url.href
}

async function command(server: string, text: string): Promise<void> {
  const sql = await openSql(server)
  try {
    await sql.read({ sql: text }, [])
  } finally {
    await sql.close()
  }
}
