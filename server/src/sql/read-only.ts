/** One select on a server, in a transaction that can only read: for operators. What it may say is judged before, by its words (ops). */
import { CompiledQuery, type Kysely, MysqlAdapter, type Transaction } from 'kysely'
import type { Schema } from './schema.ts'
import type { Sql } from './sql.ts'

export type Limits = { rows: number; ms: number }
export type Found = { rows: Record<string, unknown>[]; more: boolean }

/** `functions`: every name that is called in it, in small letters. */
export type Question = { select: string; functions: readonly string[] }
/** Throws, before anything is read: `plan` names what the server will read, `acting` the functions that do more than read. */
export type Judge = (plan: string, acting: readonly string[]) => void

/** At most `rows` of what the server finds within `ms`. */
export function readOnly({ db }: Sql, question: Question, limits: Limits, judge: Judge): Promise<Found> {
  const read = db.getExecutor().adapter instanceof MysqlAdapter ? readMysql : readPostgres
  return db
    .transaction()
    .setAccessMode('read only')
    .execute((trx) => read(trx, question, limits, judge))
}

const ask = async (db: Kysely<Schema>, text: string, parameters: unknown[] = []) =>
  (await db.executeQuery<Record<string, unknown>>(CompiledQuery.raw(text, parameters))).rows

/** By a cursor, which makes no more rows than are fetched. Functions that do something are those that the server calls volatile. */
async function readPostgres(trx: Transaction<Schema>, { select, functions }: Question, { rows, ms }: Limits, judge: Judge): Promise<Found> {
  await ask(trx, `set local statement_timeout = ${ms}`)
  const plan = await ask(trx, `explain (verbose, costs off) ${select}`)
  const acting = await ask(trx, "select distinct proname from pg_proc where provolatile = 'v' and proname = any($1)", [functions])
  judge(
    plan.map((line) => String(line['QUERY PLAN'])).join('\n'),
    acting.map(({ proname }) => String(proname)),
  )
  await ask(trx, `declare asked no scroll cursor for ${select}`)
  const found = await ask(trx, `fetch ${rows + 1} from asked`)
  return { rows: found.slice(0, rows), more: found.length > rows }
}

/** As a stream that is left when there is enough. MySQL limits what reads in ms, MariaDB every statement in s; each skips what is for the other.
 * All three stay with the connection, which is not to be used for anything else. */
async function readMysql(trx: Transaction<Schema>, { select }: Question, { rows, ms }: Limits, judge: Judge): Promise<Found> {
  await ask(
    trx,
    `set session sql_select_limit = ${rows + 1} /*!80000 , max_execution_time = ${ms} */ /*M! , max_statement_time = ${ms / 1000} */`,
  )
  await ask(trx, `explain /*M! extended */ ${select}`)
  const notes = await ask(trx, 'show warnings')
  judge(notes.map(({ Message }) => String(Message)).join('\n'), [])
  const found: Record<string, unknown>[] = []
  for await (const { rows: some } of trx.getExecutor().stream<Record<string, unknown>>(CompiledQuery.raw(select), 100)) {
    found.push(...some)
    if (found.length > rows) break
  }
  return { rows: found.slice(0, rows), more: found.length > rows }
}
