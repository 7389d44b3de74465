/** URL -> adapter. The only file that names adapters; each is loaded when it is asked for. */
import { busAddress } from './bus/address.ts'
import type { Bus } from './bus/bus.ts'
import { traceBus } from './bus/traced.ts'
import type { Config } from './config.ts'
import type { Ledger, OnBatch } from './ledger/ledger.ts'
import { traceLedger } from './ledger/traced.ts'
import type { Report } from './report.ts'
import type { Sql } from './sql/sql.ts'

/** `reader` answers questions: a replica of `sql`, or `sql` itself. */
export type Adapters = { ledger: Ledger; bus: Bus; sql: Sql; reader: Sql; close(): Promise<void> }

export async function openAdapters(
  config: Pick<Config, 'ledgerUrl' | 'busUrl' | 'databaseUrl' | 'databaseReaderUrl'>,
  report: Pick<Report, 'failed' | 'batch' | 'pool' | 'tracing'>,
): Promise<Adapters> {
  const sql = await openSql(config.databaseUrl)
  const reader = config.databaseReaderUrl === null ? sql : await openSql(config.databaseReaderUrl)
  report.pool('writer', () => sql.pool?.())
  if (reader !== sql) report.pool('reader', () => reader.pool?.())
  const ledger = await openLedger(config.ledgerUrl, report.batch)
  const bus = await openBus(config.busUrl, (error) => report.failed('bus', error))
  const { tracing } = report
  return {
    ledger: tracing ? traceLedger(ledger, tracing) : ledger,
    bus: tracing ? traceBus(bus, tracing) : bus,
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

export async function openLedger(url: string, onBatch: OnBatch = () => {}): Promise<Ledger> {
  if (/^rediss?:/.test(url)) {
    const { openRedisLedger } = await import('./ledger/redis.ts')
    return openRedisLedger({ url, onBatch })
  }
  const { openSqliteLedger } = await import('./ledger/sqlite.ts')
  return openSqliteLedger({ path: pathOf(url), onBatch })
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
