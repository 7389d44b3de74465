/** URL -> adapter. The only file that names adapters; each is loaded when it is asked for. */
import { existsSync } from 'node:fs'
import { busAddress } from './bus/address.ts'
import type { Bus } from './bus/bus.ts'
import type { Config } from './config.ts'
import type { Ledger } from './ledger/ledger.ts'
import type { Sql } from './sql/sql.ts'

/** `reader` answers questions: a replica of `sql`, or `sql` itself. */
export type Adapters = { ledger: Ledger; bus: Bus; sql: Sql; reader: Sql; close(): Promise<void> }

export async function openAdapters(
  config: Pick<Config, 'ledgerUrl' | 'busUrl' | 'databaseUrl' | 'databaseReaderUrl'>,
  onError: (error: unknown) => void,
): Promise<Adapters> {
  const sql = await openSql(config.databaseUrl)
  const reader = config.databaseReaderUrl === null ? sql : await openSql(config.databaseReaderUrl)
  const ledger = await openLedger(config.ledgerUrl)
  const bus = await openBus(config.busUrl, onError)
  return {
    ledger,
    bus,
    sql,
    reader,
    async close() {
      await bus.close()
      await ledger.close()
      if (reader !== sql) await reader.close()
      await sql.close()
    },
  }
}

export async function openLedger(url: string): Promise<Ledger> {
  if (isRedis(url)) {
    const { openRedisLedger } = await import('./ledger/redis.ts')
    return openRedisLedger({ url })
  }
  const { openSqliteLedger } = await import('./ledger/sqlite.ts')
  return openSqliteLedger({ path: pathOf(url) })
}

const isRedis = (url: string): boolean => /^rediss?:/.test(url)

/** Rejects while another process uses it: an embedded one belongs to one process anyway. */
export async function openUnusedLedger(url: string): Promise<Ledger> {
  if (isRedis(url)) await (await import('./ledger/redis.reset.ts')).refuseUsedRedis(url)
  return openLedger(url)
}

/** Forgets every seat and the log. Rejects while another process uses it. */
export async function emptyLedger(url: string): Promise<void> {
  if (isRedis(url)) await (await import('./ledger/redis.reset.ts')).emptyRedisLedger(url)
  else if (existsSync(pathOf(url))) await (await import('./ledger/sqlite.reset.ts')).emptySqliteLedger(pathOf(url))
}

export async function openBus(url: string, onError: (error: unknown) => void): Promise<Bus> {
  const address = busAddress(url)
  if (address.bus === 'kafka') return (await import('./bus/kafka.ts')).createKafkaBus(address, onError)
  if (address.bus === 'sns+sqs') return (await import('./bus/sns-sqs.ts')).createSnsSqsBus(address, onError)
  const { createMemoryBus } = await import('./bus/memory.ts')
  return createMemoryBus(onError)
}

export async function openSql(url: string): Promise<Sql> {
  if (url.startsWith('postgres:')) return (await import('./sql/postgres.ts')).openPostgres(url)
  if (url.startsWith('mysql:')) return (await import('./sql/mysql.ts')).openMysql(url)
  const { openSqlite } = await import('./sql/sqlite.ts')
  return openSqlite(pathOf(url))
}

/** The file of a `sqlite:` URL. */
export const pathOf = (url: string): string => url.slice(url.indexOf(':') + 1)
