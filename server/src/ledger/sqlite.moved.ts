/** Where an embedded ledger went. It stands in the ledger's own file, so that a copy of the file or another DATA_DIR says it too. */
import type { DatabaseSync } from 'node:sqlite'

type To = { ledgerUrl: string; databaseUrl: string }

export function keepMoved(db: DatabaseSync, { ledgerUrl, databaseUrl }: To): void {
  // Whatever the store does for its own batches: this must outlive the machine.
  db.exec('pragma synchronous = full')
  db.prepare('insert into moved (ledger, read_side) values (?, ?)').run(ledgerUrl, databaseUrl)
}

/** The seats are sold elsewhere now; from here they would be sold again. */
export function refuseMoved(db: DatabaseSync, path: string): void {
  db.exec('create table if not exists moved (ledger text not null, read_side text not null)')
  const to = db.prepare('select ledger, read_side from moved').get() as { ledger: string; read_side: string } | undefined
  if (!to) return
  throw new Error(`${path} was moved, and nothing is sold from it again: set LEDGER_URL=${to.ledger} and DATABASE_URL=${to.read_side}.`)
}
