/** PostgreSQL (Aurora, RDS) as the read side. */
import { CompiledQuery, Kysely, PostgresDialect, type Transaction } from 'kysely'
import { type CustomTypesConfig, DatabaseError, Pool, type PoolClient, types } from 'pg'
import { batches, newest, summed, whichAreNew, writeUntilDone } from './batches.ts'
import { CONNECT_WITHIN_MS, poolOf, STATEMENT_WITHIN_MS } from './pool.ts'
import type { Schema } from './schema.ts'
import type { Row, Sql } from './sql.ts'

/** bigint, and numeric, which is what sums of bigint are: texts by default, and all of ours are below 2^53. */
const NUMBERS = [20, 1700]
const asNumbers: CustomTypesConfig = {
  getTypeParser: (oid, format) => (NUMBERS.includes(oid) ? Number : types.getTypeParser(oid, format)),
}

/** Serialization failure, deadlock, lock not available. */
const GAVE_WAY = ['40001', '40P01', '55P03']

export function openPostgres(url: string): Sql {
  const { address, size } = poolOf(url)
  const pool = new Pool({
    connectionString: address,
    max: size,
    types: asNumbers,
    keepAlive: true,
    connectionTimeoutMillis: CONNECT_WITHIN_MS,
    statement_timeout: STATEMENT_WITHIN_MS,
    idle_in_transaction_session_timeout: STATEMENT_WITHIN_MS,
  })
  // An idle connection broke: the pool has thrown it away and opens another when one is needed, which then fails or not.
  pool.on('error', () => {})
  pool.on('connect', (client) => {
    // One that breaks between two statements of a transaction: the next statement hears of it. Without a listener the process would end.
    client.on('error', () => {})
    takeAnyText(client)
  })
  const db = new Kysely<Schema>({ dialect: new PostgresDialect({ pool }) })
  const names = new Map<string, string>()
  return {
    db,
    locksRows: true,
    async read<T>({ sql }: { sql: string }, parameters: readonly (string | number)[]) {
      // With a name the server prepares it once a connection.
      const name = names.get(sql) ?? `read-${names.size + 1}`
      names.set(sql, name)
      return (await pool.query({ name, text: sql, values: parameters.map(sayable) })).rows as T[]
    },
    snapshot: (work) => db.transaction().setIsolationLevel('repeatable read').setAccessMode('read only').execute(work),
    write: (work) => writeUntilDone(db, work, (error) => error instanceof DatabaseError && GAVE_WAY.includes(error.code ?? '')),
    async insertOnce(trx, table, rows) {
      const found: boolean[] = []
      for (const batch of batches(rows))
        found.push(...(await whichAreNew(trx, batch, (some) => insert(trx, table, some, 'on conflict do nothing'))))
      return found
    },
    async add(trx, table, keys, rows) {
      const sums = valuesOf(keys, rows).map((name) => `${name} = t.${name} + excluded.${name}`)
      for (const batch of batches(summed(keys, rows))) await insert(trx, table, batch, updating(keys, sums))
    },
    async putNewest(trx, table, keys, rows) {
      const sets = valuesOf(keys, rows).map((name) => `${name} = excluded.${name}`)
      const update = `${updating(keys, sets)} where excluded.position > t.position`
      for (const batch of batches(newest(keys, rows))) await insert(trx, table, batch, update)
    },
    pool: () => ({ used: pool.totalCount - pool.idleCount, idle: pool.idleCount, waiting: pool.waitingCount, most: size }),
    close: () => db.destroy(),
  }
}

/** A text with a NUL is an error to PostgreSQL. Whoever asks for one (`?q=%00`) finds nothing, as elsewhere. */
const sayable = (value: unknown): unknown => (typeof value === 'string' ? value.replaceAll('\0', '\ufffd') : value)

function takeAnyText(client: PoolClient): void {
  const query = client.query.bind(client) as (text: unknown, values?: unknown, done?: unknown) => unknown
  client.query = ((text: unknown, values?: unknown, done?: unknown) =>
    query(text, Array.isArray(values) ? values.map(sayable) : values, done)) as typeof client.query
}

const quoted = (name: string): string => `"${name}"`
const valuesOf = (keys: readonly string[], rows: readonly Row[]): string[] =>
  Object.keys(rows[0] ?? {})
    .filter((name) => !keys.includes(name))
    .map(quoted)
const updating = (keys: readonly string[], sets: readonly string[]): string =>
  `on conflict (${keys.map(quoted).join(', ')}) do update set ${sets.join(', ')}`

/**
 * All rows as one parameter, typed by the table itself. Returns how many were inserted or changed. A ticket took 21 us so, 198 as a
 * statement of its own. On a busy machine: 27 us, 3 of them ours; `unnest` of an array a column 26 and 9, `values` with a parameter a
 * field 99 and 8.
 */
async function insert(trx: Transaction<Schema>, table: keyof Schema, rows: readonly Row[], onConflict: string): Promise<number> {
  const columns = Object.keys(rows[0] as Row)
    .map(quoted)
    .join(', ')
  const { numAffectedRows } = await trx.executeQuery(
    CompiledQuery.raw(
      `insert into ${table} as t (${columns}) select ${columns} from json_populate_recordset(null::${table}, $1) ${onConflict}`,
      [JSON.stringify(rows)],
    ),
  )
  return Number(numAffectedRows)
}
