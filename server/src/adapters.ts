/** URL -> adapter. The only file that names adapters; each is loaded when it is asked for. */
import { existsSync } from 'node:fs'
import { busAddress } from './bus/address.ts'
import type { Bus } from './bus/bus.ts'
import { traceBus } from './bus/traced.ts'
import type { Config } from './config.ts'
import { openFile } from './files.ts'
import type { Ledger, OnBatch } from './ledger/ledger.ts'
import { traceLedger } from './ledger/traced.ts'
import type { Report } from './report.ts'
import type { Sql } from './sql/sql.ts'

/**
 * Each is opened when a role first asks for it, so that a process needs only what its roles use. `reader` answers questions: a replica of
 * `sql`, or `sql` itself.
 */
export type Adapters = {
  ledger(): Promise<Ledger>
  bus(): Promise<Bus>
  sql(): Promise<Sql>
  reader(): Promise<Sql>
  /** Closes what was opened. */
  close(): Promise<void>
}

export function createAdapters(
  { ledgerUrl, busUrl, databaseUrl, databaseReaderUrl }: Pick<Config, 'ledgerUrl' | 'busUrl' | 'databaseUrl' | 'databaseReaderUrl'>,
  report: Pick<Report, 'failed' | 'batch' | 'pool' | 'tracing'>,
): Adapters {
  const { tracing } = report
  const pooled = async (name: 'writer' | 'reader', url: string): Promise<Sql> => {
    const sql = await openSql(url)
    report.pool(name, () => sql.pool?.())
    return sql
  }
  const sql = once(() => pooled('writer', databaseUrl))
  const reader = databaseReaderUrl === null ? sql : once(() => pooled('reader', databaseReaderUrl))
  const ledger = once(async () => {
    const opened = await openLedger(ledgerUrl, report.batch)
    return tracing ? traceLedger(opened, tracing) : opened
  })
  const bus = once(async () => {
    const opened = await openBus(busUrl, (error) => report.failed('bus', error))
    return tracing ? traceBus(opened, tracing) : opened
  })
  return {
    ledger: ledger.get,
    bus: bus.get,
    sql: sql.get,
    reader: reader.get,
    async close() {
      for (const each of [bus, ledger, reader, sql]) await each.close()
    },
  }
}

/** What could not be opened is opened again by whoever asks next. */
function once<T extends { close(): Promise<void> }>(open: () => Promise<T>) {
  let opened: Promise<T> | undefined
  return {
    get(): Promise<T> {
      opened ??= open().catch((error: unknown) => {
        opened = undefined
        throw error
      })
      return opened
    },
    async close(): Promise<void> {
      const closing = opened?.catch(() => undefined)
      opened = undefined
      await (await closing)?.close()
    },
  }
}

const LEDGER_MEND =
  'Put the copy of a backup in its place, or take it away and run `npx onsale rebuild hot-state`, which makes it anew from the read side (docs/move.md).'
const READ_SIDE_MEND = 'Put the copy of a backup in its place, and compare it with the ledger: `npx onsale audit` (docs/cli.md).'

export async function openLedger(url: string, onBatch: OnBatch = () => {}): Promise<Ledger> {
  if (isRedis(url)) {
    const { openRedisLedger } = await import('./ledger/redis.ts')
    return openRedisLedger({ url, onBatch })
  }
  const { openSqliteLedger } = await import('./ledger/sqlite.ts')
  return openFile({ path: pathOf(url), setting: 'LEDGER_URL', mend: LEDGER_MEND }, (path) => openSqliteLedger({ path, onBatch }))
}

const isRedis = (url: string): boolean => /^rediss?:/.test(url)

/** Rejects while another process uses it: an embedded one belongs to one process anyway. */
export async function openUnusedLedger(url: string): Promise<Ledger> {
  if (isRedis(url)) await (await import('./ledger/redis.reset.ts')).refuseUsedRedis(url)
  return openLedger(url)
}

/** Whether it was moved to other engines; only an embedded one can be. */
export async function isMovedLedger(url: string): Promise<boolean> {
  return (await import('./ledger/sqlite.owner.ts')).isMoved(pathOf(url))
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
  return openFile({ path: pathOf(url), setting: 'DATABASE_URL', mend: READ_SIDE_MEND }, openSqlite)
}

/** The file of a `sqlite:` URL. */
export const pathOf = (url: string): string => url.slice(url.indexOf(':') + 1)
