/** The file of an embedded ledger: its tables, its statements, and how what was written comes to the disk. */
import { closeSync, fdatasyncSync, openSync } from 'node:fs'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { own, refuseMoved } from './sqlite.owner.ts'

/** Of the log's records and the checkpoint; 0 is a new file. */
const FORMAT = 2

const SCHEMA = `
create table if not exists meta (name text primary key, value integer not null) without rowid;
create table if not exists log (first integer primary key, last integer not null, at integer not null, body text not null);
create table if not exists zones (zone text primary key, seats integer not null, states blob not null, owners blob not null, until text not null, at integer not null) without rowid;
create table if not exists keys (last integer primary key, tags blob not null);
`

/**
 * What was written may not be on the disk, and the disk will not say so again: nobody may be answered by it. The process ends; the next one
 * reads what is there.
 */
export class NotSynced extends Error {
  override name = 'NotSynced'
}

export type LedgerFile = {
  db: DatabaseSync
  sql: ReturnType<typeof statements>
  /** What was committed is on the disk when this returns. A checkpoint needs it not: the log has all that it says. */
  durable(): void
  transaction(work: () => void): void
  close(): void
}

/** `sync` brings what was written to a file, by its descriptor, to the disk. */
export function openFile(path: string, sync: (file: number) => void = fdatasyncSync): LedgerFile {
  const owned = own(path)
  const db = new DatabaseSync(path, { timeout: 5000 })
  // What `full` adds to `normal`, the sync of the write-ahead log after a commit, is done by `durable`: Node's SQLite was built without
  // fdatasync, and its fsync waits for the file system's journal too, and so for whatever the projector has just written.
  db.exec('pragma page_size = 8192; pragma journal_mode = wal; pragma synchronous = normal; pragma wal_autocheckpoint = 2000;')
  // What the relay reads was written a quarter of a second ago, and is not read from the file again.
  db.exec('pragma cache_size = -16000;')
  const { user_version: format } = db.prepare('pragma user_version').get() as { user_version: number }
  if (format !== 0 && format !== FORMAT)
    throw new Error(
      `${path} is a ledger of format ${format}; this version of Onsale reads format ${FORMAT}. Start the version that wrote it, or set another DATA_DIR or LEDGER_URL.`,
    )
  db.exec(`${SCHEMA} pragma user_version = ${FORMAT};`)
  refuseMoved(db, path)
  const wal = path === ':memory:' ? undefined : openSync(`${path}-wal`, 'r+')
  return {
    db,
    sql: statements(db),
    durable() {
      try {
        if (wal !== undefined) sync(wal)
      } catch (cause) {
        throw new NotSynced(`${path} could not be synced to the disk.`, { cause })
      }
    },
    transaction: (work) => transact(db, work),
    close() {
      if (wal !== undefined) closeSync(wal)
      db.close()
      owned.close()
    },
  }
}

function statements(
  db: DatabaseSync,
): Record<
  'meta' | 'setMeta' | 'append' | 'rowsAfter' | 'rowAt' | 'oldest' | 'dropRows' | 'zones' | 'putZone' | 'keys' | 'putKeys' | 'dropKeys',
  StatementSync
> {
  return {
    meta: db.prepare('select value from meta where name = ?'),
    setMeta: db.prepare('insert into meta (name, value) values (?, ?) on conflict do update set value = excluded.value'),
    append: db.prepare('insert into log (first, last, at, body) values (?, ?, ?, ?)'),
    rowsAfter: db.prepare(
      'select first, body from log where first >= coalesce((select max(first) from log where first <= ? + 1), 0) order by first',
    ),
    rowAt: db.prepare('select first, body from log where first <= ? order by first desc limit 1'),
    oldest: db.prepare('select min(first) as first from log'),
    // Of the oldest 8,192 entries at a time, twice as many as come between two steps: neither a long log that is looked through nor a
    // day's log that ends at once must stop the sale.
    dropRows: db.prepare('delete from log where first < (select min(first) from log) + 8192 and last <= ? and at < ?'),
    zones: db.prepare('select zone, seats, states, owners, until, at from zones'),
    putZone: db.prepare(
      'insert into zones (zone, seats, states, owners, until, at) values (?, ?, ?, ?, ?, ?) on conflict do update set states = excluded.states, owners = excluded.owners, until = excluded.until, at = excluded.at',
    ),
    keys: db.prepare('select last, tags from keys order by last'),
    putKeys: db.prepare('insert into keys (last, tags) values (?, ?) on conflict do update set tags = excluded.tags'),
    dropKeys: db.prepare('delete from keys where last < (select min(first) from log)'),
  }
}

function transact(db: DatabaseSync, work: () => void): void {
  db.exec('begin immediate')
  try {
    work()
    db.exec('commit')
  } catch (error) {
    // A disk that is full has SQLite roll back by itself.
    if (db.isTransaction) db.exec('rollback')
    throw error
  }
}
