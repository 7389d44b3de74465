/** MySQL (Aurora, RDS) and MariaDB as the read side, in what both understand: no `returning`, no row alias in `insert`. */
import { CompiledQuery, Kysely, MysqlDialect, type Transaction } from 'kysely'
import { createPool, type Pool } from 'mysql2'
import { batches, newest, summed, whichAreNew, writeUntilDone } from './batches.ts'
import { CONNECT_WITHIN_MS, poolOf, STATEMENT_WITHIN_MS } from './pool.ts'
import type { Schema } from './schema.ts'
import type { PoolUse, Row, Sql } from './sql.ts'

const LOCK_WITHIN_S = 10

/**
 * Too long a text is an error and is not cut; `||` and quotes as in the standard. MySQL limits only what reads (`max_execution_time`), MariaDB
 * every statement (`max_statement_time`); each skips the comment that is for the other.
 */
const SESSION = [
  `set session sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION'`,
  `innodb_lock_wait_timeout = ${LOCK_WITHIN_S}`,
  `time_zone = '+00:00' /*!80000 , max_execution_time = ${STATEMENT_WITHIN_MS} */ /*M! , max_statement_time = ${STATEMENT_WITHIN_MS / 1000} */`,
].join(', ')

/** Deadlock, lock not had in time, row changed since it was read (MariaDB 11). */
const GAVE_WAY = [1213, 1205, 1020]

export function openMysql(url: string): Sql {
  const { address, size } = poolOf(url)
  const pool = createPool({
    uri: address,
    connectionLimit: size,
    connectTimeout: CONNECT_WITHIN_MS,
    charset: 'utf8mb4_bin',
    decimalNumbers: true,
    // Otherwise a row that was there counts like one that is new.
    flags: ['-FOUND_ROWS'],
  })
  pool.on('connection', (connection) => {
    connection.query(SESSION, (error) => error && connection.destroy())
  })
  const db = new Kysely<Schema>({ dialect: new MysqlDialect({ pool }) })
  return {
    db,
    locksRows: true,
    read: (query, parameters) => execute(pool, query.sql, parameters),
    snapshot: (work) => db.transaction().setIsolationLevel('repeatable read').setAccessMode('read only').execute(work),
    write: (work) => writeUntilDone(db, work, (error) => GAVE_WAY.includes((error as { errno?: number }).errno ?? 0)),
    async insertOnce(trx, table, rows) {
      const found: boolean[] = []
      for (const batch of batches(rows))
        found.push(
          ...(await whichAreNew(trx, batch, (some) => {
            // `insert ignore` would let through what is too long, cut.
            const [column] = columnsOf(some)
            return insert(trx, table, some, [`${column} = ${column}`])
          })),
        )
      return found
    },
    async add(trx, table, keys, rows) {
      const sums = valuesOf(keys, rows).map((name) => `${name} = ${name} + values(${name})`)
      for (const batch of batches(summed(keys, rows))) await insert(trx, table, batch, sums)
    },
    async putNewest(trx, table, keys, rows) {
      // From left to right, so that `position` is the last to change.
      const names = valuesOf(keys, rows).filter((name) => name !== '`position`')
      const sets = [...names, '`position`'].map((name) => `${name} = if(values(\`position\`) > \`position\`, values(${name}), ${name})`)
      for (const batch of batches(newest(keys, rows))) await insert(trx, table, batch, sets)
    },
    pool: () => useOf(pool, size),
    close: () => db.destroy(),
  }
}

/** The driver tells it to nobody else. */
function useOf(pool: Pool, most: number): PoolUse {
  const inside = pool as unknown as Record<'_allConnections' | '_freeConnections' | '_connectionQueue', { length: number }>
  const idle = inside._freeConnections.length
  return { used: inside._allConnections.length - idle, idle, waiting: inside._connectionQueue.length, most }
}

const execute = <T>(pool: Pool, sql: string, parameters: readonly (string | number)[]): Promise<T[]> =>
  new Promise((resolve, reject) => {
    pool.execute(sql, [...parameters], (error, rows) => (error ? reject(error) : resolve(rows as T[])))
  })

const columnsOf = (rows: readonly Row[]): string[] => Object.keys(rows[0] ?? {}).map((name) => `\`${name}\``)
const valuesOf = (keys: readonly string[], rows: readonly Row[]): string[] =>
  columnsOf(rows).filter((name) => !keys.includes(name.slice(1, -1)))

/** Returns how many were inserted, when `sets` change nothing. A ticket of 1,000 a statement took 14 us, a statement a ticket 138. */
async function insert(trx: Transaction<Schema>, table: keyof Schema, rows: readonly Row[], sets: readonly string[]): Promise<number> {
  const { numAffectedRows } = await trx.executeQuery(
    CompiledQuery.raw(`insert into ${table} (${columnsOf(rows).join(', ')}) values ? on duplicate key update ${sets.join(', ')}`, [
      rows.map((row) => Object.values(row)),
    ]),
  )
  return Number(numAffectedRows)
}
