import { relative, resolve } from 'node:path'
import { openSql } from '@onsale/server/adapters'
import { readConfig } from '@onsale/server/config'
import { migrate, migrateDown, migrationHistory } from '@onsale/server/sql/migrate'
import type { Command } from 'commander'
import { confirm } from '../confirm.ts'
import { withDatabase } from '../database.ts'
import { writeMigration } from '../new-migration.ts'
import { print, tableText } from '../table.ts'

const SQL_FOLDER = resolve(import.meta.dirname, '../../../server/src/sql')

type Options = { json?: boolean; yes?: boolean }

export function addMigrate(program: Command): void {
  const group = program.command('migrate').description("The read database's schema: forward, one step back, and what was done when.")
  group
    .command('up')
    .description('Runs every migration that is missing. Embedded databases do it themselves when they are served.')
    .option('--json', 'prints {ran}')
    .action(async ({ json }: Options) => {
      const sql = await openSql(readConfig().databaseUrl)
      const ran = await migrate(sql).finally(() => sql.close())
      print(json, { ran }, () => (ran.length > 0 ? ran.map((name) => `${name} ran`).join('\n') : 'Nothing was missing.'))
    })
  group
    .command('down')
    .description('Undoes the last migration, with whatever lies in the tables and columns that it made. Asks first; not in production.')
    .option('--yes', 'does not ask')
    .option('--json', 'prints {undone}')
    .action(async ({ json, yes }: Options, command: Command) => {
      const { databaseUrl, environment } = readConfig()
      if (environment === 'production') throw new Error('Nothing is undone with NODE_ENV=production: write a migration that mends.')
      const undone = await withDatabase(databaseUrl, async (sql) => {
        const last = (await migrationHistory(sql)).findLast(({ executedAt }) => executedAt !== null)
        if (!last) return []
        await confirm(command, { yes, words: last.name, what: `Undoing ${last.name} drops what it made, with all that is stored there.` })
        return migrateDown(sql)
      })
      print(json, { undone }, () => (undone.length > 0 ? `${undone[0]} is undone.` : 'There was nothing to undo.'))
    })
  group
    .command('history')
    .description('Every migration of this version and when it ran here. Exits 1 when one is missing.')
    .option('--json', 'prints {migrations: [{name, executedAt}]}')
    .action(({ json }: Options) => printHistory(json))
  group
    .command('new')
    .description('Writes the next migration file and lists it in migrate.ts.')
    .argument('<name>', 'small letters and hyphens: what it brings, as in seat-path')
    .option('--json', 'prints {file}')
    .action(async (name: string, { json }: Options, command: Command) => {
      if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name)) command.error(`"${name}" is no name: take small letters, digits and hyphens.`)
      const file = relative(process.cwd(), await writeMigration(SQL_FOLDER, name))
      print(json, { file }, () => `${file} is written and listed. Say in schema.ts what it brings.`)
    })
}

/** Also `onsale db migrations`. */
export async function printHistory(json: boolean | undefined): Promise<void> {
  const migrations = await withDatabase(readConfig().databaseUrl, migrationHistory)
  print(json, { migrations }, () => tableText(migrations.map(({ name, executedAt }) => ({ name, ran: executedAt ?? 'missing' }))))
  if (migrations.some(({ executedAt }) => executedAt === null)) process.exitCode = 1
}
