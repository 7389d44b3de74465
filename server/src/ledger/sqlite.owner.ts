/** Whose the file of an embedded ledger is: one process's, and nobody's once it was moved to other engines. */
import { existsSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { settingsFor } from './address.ts'
import type { Place } from './ledger.ts'

/**
 * Keeps every other process from this ledger as long as this one has it: each believes its own memory of the seats, and the checkpoint of
 * one would undo the other's sales. The lock is the operating system's, so it ends with the process, however that ends.
 */
export function own(path: string): DatabaseSync {
  const lock = new DatabaseSync(path === ':memory:' ? path : `${path}.lock`)
  try {
    lock.exec('begin exclusive')
  } catch {
    throw new Error(`${path} is in use by another process.`)
  }
  return lock
}

/** In the file itself, so that a copy of it or another DATA_DIR says it too. */
export function keepMoved(db: DatabaseSync, { ledgerUrl, databaseUrl, busUrl }: Place, durable: () => void): void {
  db.prepare('insert into moved (ledger, read_side, bus) values (?, ?, ?)').run(ledgerUrl, databaseUrl, busUrl)
  durable()
}

/** The seats are sold elsewhere now; from here they would be sold again. */
export function refuseMoved(db: DatabaseSync, path: string): void {
  db.exec('create table if not exists moved (ledger text not null, read_side text not null)')
  const columns = db.prepare('pragma table_info(moved)').all() as { name: string }[]
  if (!columns.some(({ name }) => name === 'bus')) db.exec("alter table moved add column bus text not null default 'memory:'")
  const to = movedTo(db)
  if (to) throw new Error(`${path} was moved, and nothing is sold from it again: set ${settingsFor(to)}.`)
}

const movedTo = (db: DatabaseSync): Place | undefined =>
  db.prepare('select ledger as ledgerUrl, read_side as databaseUrl, bus as busUrl from moved').get() as Place | undefined

/** Whether nothing is sold from this file again, which whoever has moved may delete. Whoever has it open is not disturbed. */
export function isMoved(path: string): boolean {
  if (!existsSync(path)) return true
  const db = new DatabaseSync(path, { readOnly: true })
  try {
    return movedTo(db) !== undefined
  } finally {
    db.close()
  }
}
