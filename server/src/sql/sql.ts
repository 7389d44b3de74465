/**
 * The read side's database. Queries are written once, in Kysely; only what databases really disagree on has a version per dialect:
 * insert-or-skip, upsert of counters, upsert of the newest. Those three are the projector's, so they take many rows.
 */
import type { Kysely, Transaction } from 'kysely'
import type { Schema } from './schema.ts'

export type Row = Readonly<Record<string, string | number | null>>

/** Connections of a pool: in use, at rest, how many wait for one, and how many it opens at most. */
export type PoolUse = { used: number; idle: number; waiting: number; most: number }

export interface Sql {
  db: Kysely<Schema>
  /** False where one transaction writes at a time anyway; otherwise rows that others must not change are read `for update`. */
  locksRows: boolean
  /** A compiled query with its parameters, outside any transaction: for what is asked a thousand times a second (Kysely: 40 us a query). */
  read<T>(query: { sql: string }, parameters: readonly (string | number)[]): Promise<T[]>
  /** All that `work` reads is of one moment, and it waits for nobody who writes. */
  snapshot<T>(work: (trx: Transaction<Schema>) => Promise<T>): Promise<T>
  /** A transaction that is begun again, some times, when the database took it back in favour of another: `work` may run more than once. */
  write<T>(work: (trx: Transaction<Schema>) => Promise<T>): Promise<T>
  /** Inserts each row unless its primary key or a unique index has it already: true where it was new. */
  insertOnce(trx: Transaction<Schema>, table: keyof Schema, rows: readonly Row[]): Promise<boolean[]>
  /** Adds to counters; a row that is missing starts at zero. */
  add(trx: Transaction<Schema>, table: keyof Schema, keys: readonly string[], rows: readonly Row[]): Promise<void>
  /** Writes each row unless the stored one has the same or a higher `position`. */
  putNewest(trx: Transaction<Schema>, table: keyof Schema, keys: readonly string[], rows: readonly Row[]): Promise<void>
  /** Absent where there is no pool. */
  pool?(): PoolUse
  close(): Promise<void>
}
