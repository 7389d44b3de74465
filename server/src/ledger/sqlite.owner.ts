/** Whose the file of an embedded ledger is: one process's, and nobody's once it was moved to other engines. */
import { DatabaseSync } from 'node:sqlite'

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

type To = { ledgerUrl: string; databaseUrl: string }

/** In the file itself, so that a copy of it or another DATA_DIR says it too. */
export function keepMoved(db: DatabaseSync, { ledgerUrl, databaseUrl }: To, durable: () => void): void {
  db.prepare('insert into moved (ledger, read_side) values (?, ?)').run(ledgerUrl, databaseUrl)
  durable()
}

/** The seats are sold elsewhere now; from here they would be sold again. */
export function refuseMoved(db: DatabaseSync, path: string): void {
  db.exec('create table if not exists moved (ledger text not null, read_side text not null)')
  const to = db.prepare('select ledger, read_side from moved').get() as { ledger: string; read_side: string } | undefined
  if (!to) return
  throw new Error(`${path} was moved, and nothing is sold from it again: set LEDGER_URL=${to.ledger} and DATABASE_URL=${to.read_side}.`)
}
