import { existsSync } from 'node:fs'
import { emptyLedger, openBus, openUnusedLedger, pathOf } from '@onsale/server/adapters'
import { type Config, readConfig } from '@onsale/server/config'
import { clearFigures } from '@onsale/server/projector/figures'
import { emptyTable } from '@onsale/server/sql/empty'
import type { Schema } from '@onsale/server/sql/schema'
import type { Sql } from '@onsale/server/sql/sql'
import type { Command } from 'commander'
import { confirm } from '../confirm.ts'
import { isFile, placeOf, refuseUnmigrated, withDatabase } from '../database.ts'
import { print, tableText } from '../table.ts'

type Emptied = { table: string; rows: number }

/** `positions` is the last: where tables are emptied one by one and it ends in between, the read side is still ahead of the ledger. */
const SALES = ['tickets', 'held_seats', 'sales', 'event_changes', 'conflicts', 'entries', 'positions'] as const satisfies (keyof Schema)[]
const CATALOGUE = ['event_zones', 'events', 'zones', 'venues', 'catalogue'] as const satisfies (keyof Schema)[]
/** Who reads the bus for the read side. */
const GROUP = 'sql'

const HELP = `
ledger     every sale and hold, in the ledger and in the read side: neither half makes sense without the other. Venues and events
           stay and open again with every seat free. While nothing serves.
read-side  the read database with its archive, venues and events; the next start imports the samples as the first did. Only while
           the ledger has no entry: the archive is the only copy of what was sold, and a ledger whose read side is gone sells nothing.
           To make the read tables anew without losing anything, take onsale rebuild read-side. While nothing serves.
bus        what is on its way to the read side, which the relay publishes again, and its dead letters, which are gone. Also beside
           servers that run.

All ask first, and are refused with NODE_ENV=production.`

const WHAT = ['ledger', 'read-side', 'bus'] as const
type What = (typeof WHAT)[number]

export function addReset(program: Command): void {
  program
    .command('reset')
    .description('Destroys: ledger (with the sales of the read side), read-side (while nothing is sold), or bus. Never in production.')
    .argument('<what>', WHAT.join(', '))
    .option('--yes', 'does not ask')
    .option('--json', 'prints {emptied: [{table, rows}]}, of the bus {emptied: [{place, messages}]}')
    .addHelpText('after', HELP)
    .action(async (what: What, { yes, json }: { yes?: boolean; json?: boolean }, command: Command) => {
      if (!WHAT.includes(what)) return command.error(`There is no ${what} to reset: take ${WHAT.join(', ')}.`)
      const config = readConfig()
      if (config.environment === 'production') throw new Error('Nothing is reset with NODE_ENV=production.')
      const emptied = what === 'bus' ? await resetBus(command, config, yes) : await resetTables(command, config, what, yes)
      print(json, { emptied }, () => tableText(emptied))
    })
}

async function resetBus(command: Command, { busUrl }: Config, yes: boolean | undefined) {
  const bus = await openBus(busUrl, () => {})
  try {
    if (!bus.empty) throw new Error('BUS_URL=memory: keeps nothing that could be reset: it lives and ends with the server.')
    const what = `This destroys the dead letters and all that is on its way in ${placeOf(busUrl)}.`
    await confirm(command, { yes, words: 'reset bus', what })
    return await bus.empty(GROUP)
  } finally {
    await bus.close()
  }
}

function resetTables(command: Command, config: Config, what: 'ledger' | 'read-side', yes: boolean | undefined): Promise<Emptied[]> {
  return withDatabase(config.databaseUrl, async (sql) => {
    await refuseUnmigrated(sql)
    await confirm(command, { yes, words: `reset ${what}`, what: await consequence(sql, config, what) })
    return what === 'ledger' ? resetLedger(sql, config) : resetReadSide(sql, config)
  })
}

async function consequence(sql: Sql, { databaseUrl, ledgerUrl }: Config, what: 'ledger' | 'read-side'): Promise<string> {
  const tickets = await rowsOf(sql, 'tickets')
  const where = [databaseUrl, ...(what === 'ledger' ? [ledgerUrl] : [])].map(placeOf)
  return `This destroys ${tickets} tickets${what === 'ledger' ? ' and their log' : ', and all venues and events'} in ${where.join(' and ')}.`
}

/** The ledger first: should this end in between, its read side is ahead of it, which every start notices and sells nothing; then it is run again. */
async function resetLedger(sql: Sql, { ledgerUrl }: Config): Promise<Emptied[]> {
  await emptyLedger(ledgerUrl)
  await sql.db.transaction().execute(async (trx) => {
    await clearFigures(trx)
    await trx.updateTable('events').set({ opened: 0 }).execute()
  })
  return empty(sql, SALES)
}

async function resetReadSide(sql: Sql, { ledgerUrl }: Config): Promise<Emptied[]> {
  const ledger = isFile(ledgerUrl) && !existsSync(pathOf(ledgerUrl)) ? null : await openUnusedLedger(ledgerUrl)
  try {
    const entries = ((await ledger?.ends()) ?? []).reduce((sum, { head }) => sum + head, 0)
    if (entries > 0)
      throw new Error(`The ledger has ${entries} entries, whose only archive this is. Take reset ledger for both, or rebuild read-side.`)
    return await empty(sql, [...SALES, ...CATALOGUE])
  } finally {
    await ledger?.close()
  }
}

async function empty(sql: Sql, tables: readonly (keyof Schema)[]): Promise<Emptied[]> {
  const emptied: Emptied[] = []
  for (const table of tables) {
    process.stderr.write(`Emptying ${table}\n`)
    emptied.push({ table, rows: await emptyTable(sql, table) })
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
