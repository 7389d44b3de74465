/** What PostgreSQL and MySQL have in common: many rows a statement, and transactions that others get in the way of. */
import type { Kysely, Transaction } from 'kysely'
import { CompiledQuery } from 'kysely'
import type { Schema } from './schema.ts'
import type { Row } from './sql.ts'

/** More gain nothing (2,000 rows: 1 % less a row), and a statement must fit into MySQL's `max_allowed_packet`, 16 MB at MariaDB. */
const MOST_ROWS = 1000
const MOST_CHARACTERS = 2_000_000

const MOST_ATTEMPTS = 8

export function batches(rows: readonly Row[]): Row[][] {
  const found: Row[][] = []
  let characters = 0
  for (const row of rows) {
    const batch = found.at(-1)
    const size = charactersOf(row)
    characters += size
    if (batch && batch.length < MOST_ROWS && characters <= MOST_CHARACTERS) batch.push(row)
    else {
      found.push([row])
      characters = size
    }
  }
  return found
}

function charactersOf(row: Row): number {
  let sum = 0
  for (const value of Object.values(row)) sum += typeof value === 'string' ? value.length : 8
  return sum
}

/**
 * Which rows were new, when the database only says how many: almost always all of them, as the projector has left out what it has seen.
 * Otherwise the statement is taken back and each half asked for itself, in order, so that a row also counts for those after it.
 */
export async function whichAreNew(
  trx: Transaction<Schema>,
  rows: readonly Row[],
  insert: (rows: readonly Row[]) => Promise<number>,
): Promise<boolean[]> {
  if (rows.length === 1) return [(await insert(rows)) === 1]
  await trx.executeQuery(CompiledQuery.raw('savepoint before_rows'))
  const count = await insert(rows)
  if (count === 0 || count === rows.length) return rows.map(() => count > 0)
  await trx.executeQuery(CompiledQuery.raw('rollback to savepoint before_rows'))
  const half = rows.length >> 1
  return [...(await whichAreNew(trx, rows.slice(0, half), insert)), ...(await whichAreNew(trx, rows.slice(half), insert))]
}

/** One row a key, in the order of keys: so that two transactions lock rows in the same order, and none twice in a statement. */
function oneForEach(keys: readonly string[], rows: readonly Row[], merged: (a: Row, b: Row) => Row): Row[] {
  const found = new Map<string, Row>()
  for (const row of rows) {
    const key = JSON.stringify(keys.map((name) => row[name]))
    const other = found.get(key)
    found.set(key, other ? merged(other, row) : row)
  }
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row)
}

export const summed = (keys: readonly string[], rows: readonly Row[]): Row[] =>
  oneForEach(keys, rows, (a, b) =>
    Object.fromEntries(Object.entries(a).map(([name, value]) => [name, keys.includes(name) ? value : Number(value) + Number(b[name])])),
  )

export const newest = (keys: readonly string[], rows: readonly Row[]): Row[] =>
  oneForEach(keys, rows, (a, b) => (Number(b.position) > Number(a.position) ? b : a))

/**
 * A transaction of the projector. READ COMMITTED is enough: what is read to decide (how far a shard has come, what waits, which of its
 * tickets live) is read under the lock on the shard's row of `positions`, and sums are added by the database. It is also needed: under
 * MySQL's REPEATABLE READ, whoever waited for that lock would then read what was true before the wait.
 *
 * Whom the database gave up in favour of another (a deadlock, a lock not had in time) begins again.
 */
export async function writeUntilDone<T>(
  db: Kysely<Schema>,
  work: (trx: Transaction<Schema>) => Promise<T>,
  gaveWay: (error: unknown) => boolean,
): Promise<T> {
  for (let attempt = 1; ; attempt++)
    try {
      return await db.transaction().setIsolationLevel('read committed').execute(work)
    } catch (error) {
      if (attempt >= MOST_ATTEMPTS || !gaveWay(error)) throw error
    }
}
