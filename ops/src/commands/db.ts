import { execFile } from 'node:child_process'
import { resolve } from 'node:path'
import { promisify } from 'node:util'
import { pathOf } from '@onsale/server/adapters'
import { readConfig } from '@onsale/server/config'
import type { Sql } from '@onsale/server/sql/sql'
import type { Command } from 'commander'
import { isFile, withDatabase } from '../database.ts'
import { type Answer, limits, refusedWord } from '../read-only-query.ts'
import { askServer } from '../server-query.ts'
import { print, type Row, tableText } from '../table.ts'
import { printHistory } from './migrate.ts'

const QUERY = resolve(import.meta.dirname, '../read-only-query.ts')

type Options = { json?: boolean }

export function addDb(program: Command): void {
  const group = program.command('db').description('Looks into the read database, and changes nothing.')
  group
    .command('tables')
    .description('Every table with its rows, and its bytes where the database counts them.')
    .option('--json', 'prints {tables: [{table, rows, bytes}]}')
    .action(async ({ json }: Options) => {
      const { databaseUrl } = readConfig()
      const tables = await withDatabase(databaseUrl, (sql) => tablesOf(sql, databaseUrl))
      print(json, { tables }, () => tableText(tables))
    })
  group
    .command('schema')
    .description('The columns of a table, or of all.')
    .argument('[table]')
    .option('--json', 'prints {columns: [{table, column, type, nullable}]}')
    .action(async (table: string | undefined, { json }: Options, command: Command) => {
      const columns = await withDatabase(readConfig().databaseUrl, columnsOf)
      const wanted = columns.filter((column) => table === undefined || column.table === table)
      if (wanted.length === 0) command.error(`There is no table ${table}. See onsale db tables.`)
      print(json, { columns: wanted }, () => tableText(wanted))
    })
  group
    .command('query')
    .description(
      `Asks one select, on a connection that can only read: at most ${limits.rows} rows and ${limits.ms / 1000} seconds. Passwords, tokens and other secrets read as null.`,
    )
    .argument('<select>')
    .option('--json', 'prints {rows, more}')
    .action(async (select: string, { json }: Options, command: Command) => {
      const refused = refusedWord(select)
      if (refused) command.error(refused)
      const { databaseUrl } = readConfig()
      const { rows, more } = await withDatabase(databaseUrl, (sql) =>
        isFile(databaseUrl) ? ask(pathOf(databaseUrl), select) : askServer(sql, select.replace(/;\s*$/, ''), limits),
      )
      print(json, { rows, more }, () => (rows.length > 0 ? tableText(rows) : 'No rows.'))
      if (more) console.error(`There is more: only the first ${rows.length} rows are shown.`)
    })
  group
    .command('migrations')
    .description('The same as migrate history.')
    .option('--json', 'prints {migrations: [{name, executedAt}]}')
    .action(({ json }: Options) => printHistory(json))
}

async function tablesOf(sql: Sql, databaseUrl: string): Promise<{ table: string; rows: number; bytes: number | null }[]> {
  const names = (await sql.db.introspection.getTables()).map(({ name }) => name).sort()
  const sizes = new Map((await sql.read<Size>({ sql: SIZES[schemeOf(databaseUrl)] }, [])).map(({ name, bytes }) => [name, Number(bytes)]))
  const tables = []
  for (const table of names) {
    process.stderr.write(process.stderr.isTTY ? `\r\x1b[KCounting ${table}` : '')
    const [counted] = await sql.db
      .selectFrom(table as 'tickets')
      .select((eb) => eb.fn.countAll<number>().as('n'))
      .execute()
    tables.push({ table, rows: Number(counted?.n ?? 0), bytes: sizes.get(table) ?? null })
  }
  process.stderr.write(process.stderr.isTTY ? '\r\x1b[K' : '')
  return tables
}

type Size = { name: string; bytes: number }

const schemeOf = (url: string) => url.slice(0, url.indexOf(':')) as keyof typeof SIZES

/** Of each table with its indexes. What MySQL says is an estimate. */
const SIZES = {
  sqlite:
    'select tbl_name as name, sum(dbstat.pgsize) as bytes from dbstat join sqlite_schema on sqlite_schema.name = dbstat.name where dbstat.aggregate = true group by tbl_name',
  postgres: "select relname as name, pg_total_relation_size(oid) as bytes from pg_class where relkind in ('r', 'p')",
  mysql: 'select table_name as name, data_length + index_length as bytes from information_schema.tables where table_schema = database()',
} as const

async function columnsOf(sql: Sql): Promise<{ table: string; column: string; type: string; nullable: boolean }[]> {
  const tables = await sql.db.introspection.getTables()
  return tables.flatMap(({ name: table, columns }) =>
    columns.map(({ name, dataType, isNullable }) => ({ table, column: name, type: dataType, nullable: isNullable })),
  )
}

/** In a process of its own, because nothing else stops a statement of SQLite that takes too long. */
async function ask(path: string, select: string): Promise<{ rows: Row[]; more: boolean }> {
  const found = await promisify(execFile)(process.execPath, ['--no-warnings', QUERY, path, select], {
    timeout: limits.ms,
    killSignal: 'SIGKILL',
    maxBuffer: limits.bytes,
  }).catch((error: Error & { killed?: boolean; code?: unknown }) => {
    if (error.code === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER') throw new Error('The answer is too large: ask for less.')
    throw error.killed ? new Error(`No answer within ${limits.ms / 1000} seconds: ask for less.`) : error
  })
  const answer = JSON.parse(found.stdout) as Answer
  if ('refused' in answer) throw new Error(answer.refused)
  return answer
}
