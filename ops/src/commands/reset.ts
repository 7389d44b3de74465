import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { openLedger, pathOf } from '@onsale/server/adapters'
import { type Config, readConfig } from '@onsale/server/config'
import { clearFigures } from '@onsale/server/projector/figures'
import type { Schema } from '@onsale/server/sql/schema'
import type { Sql } from '@onsale/server/sql/sql'
import type { Command } from 'commander'
import { confirm } from '../confirm.ts'
import { isFile, refuseUnmigrated, withDatabase } from '../database.ts'
import { print, tableText } from '../table.ts'

type Emptied = { table: string; rows: number }

const SALES = ['tickets', 'held_seats', 'sales', 'event_changes', 'conflicts', 'entries', 'positions'] as const satisfies (keyof Schema)[]
const CATALOGUE = ['event_zones', 'events', 'zones', 'venues', 'catalogue'] as const satisfies (keyof Schema)[]

const HELP = `
ledger     every sale and hold, in the ledger and in the read side: neither half makes sense without the other. Venues and events
           stay and open again with every seat free.
read-side  the read database with its archive, venues and events; the next start imports the samples as the first did. Only while
           the ledger has no entry: the archive is the only copy of what was sold, and a ledger whose read side is gone sells nothing.
           To make the read tables anew without losing anything, take onsale rebuild read-side.

Both work while nothing serves, ask first, and are refused with NODE_ENV=production.`

export function addReset(program: Command): void {
  program
    .command('reset')
    .description('Destroys: ledger (with the sales of the read side), or read-side (while nothing is sold). Never in production.')
    .argument('<what>', 'ledger or read-side')
    .option('--yes', 'does not ask')
    .option('--json', 'prints {emptied: [{table, rows}]}')
    .addHelpText('after', HELP)
    .action(async (what: string, { yes, json }: { yes?: boolean; json?: boolean }, command: Command) => {
      if (what !== 'ledger' && what !== 'read-side') return command.error(`There is no ${what} to reset: take ledger or read-side.`)
      const config = readConfig()
      if (config.environment === 'production') throw new Error('Nothing is reset with NODE_ENV=production.')
      const emptied = await withDatabase(config.databaseUrl, async (sql) => {
        await refuseUnmigrated(sql)
        await confirm(command, { yes, words: `reset ${what}`, what: await consequence(sql, config, what) })
        return what === 'ledger' ? resetLedger(sql, config) : resetReadSide(sql, config)
      })
      print(json, { emptied }, () => tableText(emptied))
    })
}

async function consequence(sql: Sql, { databaseUrl, ledgerUrl }: Config, what: 'ledger' | 'read-side'): Promise<string> {
  const tickets = await rowsOf(sql, 'tickets')
  const where = [databaseUrl, ...(what === 'ledger' ? [ledgerUrl] : [])].map((url) => (isFile(url) ? pathOf(url) : new URL(url).host))
  return `This destroys ${tickets} tickets${what === 'ledger' ? ' and their log' : ', and all venues and events'} in ${where.join(' and ')}.`
}

/**
 * The ledger first: should this end in between, its read side is ahead of it, which every start notices and sells nothing; then it is run
 * again. The file is removed while it is open, so that no server can begin with it meanwhile; the database before its -wal, which
 * SQLite throws away when it finds it alone.
 */
async function resetLedger(sql: Sql, { ledgerUrl }: Config): Promise<Emptied[]> {
  if (!isFile(ledgerUrl)) throw new Error('reset ledger knows SQLite files only.')
  const path = pathOf(ledgerUrl)
  if (existsSync(path)) {
    const ledger = await openLedger(ledgerUrl)
    for (const end of ['', '-wal', '-shm']) await rm(path + end, { force: true })
    await ledger.close()
  }
  return sql.db.transaction().execute(async (trx) => {
    const emptied = await empty(trx, SALES)
    await clearFigures(trx)
    await trx.updateTable('events').set({ opened: 0 }).execute()
    return emptied
  })
}

async function resetReadSide(sql: Sql, { ledgerUrl }: Config): Promise<Emptied[]> {
  const ledger = isFile(ledgerUrl) && !existsSync(pathOf(ledgerUrl)) ? null : await openLedger(ledgerUrl)
  try {
    const entries = ((await ledger?.ends()) ?? []).reduce((sum, { head }) => sum + head, 0)
    if (entries > 0)
      throw new Error(`The ledger has ${entries} entries, whose only archive this is. Take reset ledger for both, or rebuild read-side.`)
    return await sql.db.transaction().execute((trx) => empty(trx, [...SALES, ...CATALOGUE]))
  } finally {
    await ledger?.close()
  }
}

async function empty(db: Sql['db'], tables: readonly (keyof Schema)[]): Promise<Emptied[]> {
  const emptied: Emptied[] = []
  for (const table of tables) {
    process.stderr.write(`Emptying ${table}\n`)
    const [{ numDeletedRows } = { numDeletedRows: 0n }] = await db.deleteFrom(table).execute()
    emptied.push({ table, rows: Number(numDeletedRows) })
  }
  return emptied
}

async function rowsOf({ db }: Sql, table: keyof Schema): Promise<number> {
  const counted = await db
    .selectFrom(table)
    .select((eb) => eb.fn.countAll<number>().as('n'))
    .executeTakeFirstOrThrow()
  return Number(counted.n)
}
