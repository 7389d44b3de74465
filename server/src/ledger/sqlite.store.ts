/**
 * The embedded ledger's store: one SQLite file, one thread.
 *
 * The log is the truth. A commit is one row: all changes that arrived while the last commit was under way, each with its seats, its
 * key and its fact, so that state, key and entry are one step by construction. What the rows add up to (two bits a seat, key -> position)
 * is kept in memory and written little by little (`checkpoint`), so that opening reads what was written and replays the rows after it.
 * A row a purchase, a key table and a seat table in the same transaction cost 9 us more a purchase: see ARCHITECTURE.md.
 */
import { closeSync, fdatasyncSync, openSync } from 'node:fs'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { type LogEntry, seal } from '@onsale/contract/entry'
import { hash52 } from './hash.ts'
import { KeyIndex } from './key-index.ts'
import type { Change, LogEnds, Outcome, SeatStates, ZoneKey, ZoneOpening } from './ledger.ts'
import { available, emptyZone, lettersOf, pack, put, type StoredZone, seen, unpack, type ZoneState } from './zone-state.ts'

/** There is one writer, so there is one shard. */
export const SHARD = '0'
const KEYS_KEPT_MS = 24 * 60 * 60 * 1000
/**
 * How checkpoints go. Opening replays 4,096 entries at least, some 10 ms, and about 65,536 at most while batches are below 400. In between,
 * each entry pays for writing 400 bytes of zones, as many as it has itself, in steps of 256 KB or one zone: some 3 ms each, and 18 for a
 * zone of a million seats. All zones of such a house at once stood in the way of buyers for 50 ms.
 */
const PACE = { replayedAtLeast: 4096, replayedAtMost: 65_536, bytesPerEntry: 400, bytesPerStep: 256 * 1024 }

/** Of the log's records and the checkpoint; 0 is a new file. */
const FORMAT = 2

const SCHEMA = `
create table if not exists meta (name text primary key, value integer not null) without rowid;
create table if not exists log (first integer primary key, last integer not null, at integer not null, body text not null);
create table if not exists zones (zone text primary key, seats integer not null, states blob not null, owners blob not null, until text not null, at integer not null) without rowid;
create table if not exists keys (last integer primary key, tags blob not null);
`

/** One change in the log: what is needed to do it again, then the fact on a line of its own. */
type Head = [
  /** First, so that readers of the log need not parse the rest. */
  was: string,
  zone: ZoneKey,
  to: Change['to'],
  seats: number[],
  owners: number[],
  until: number | null,
  keyId: string,
  fingerprint: string,
]
type LogRecord = { position: number; head: Head; fact: string }

export type Store = {
  open(zones: readonly ZoneOpening[]): void
  commit(changes: readonly Change[], now: number): Outcome[]
  read(after: number, limit: number): LogEntry[]
  trim(position: number): void
  ends(): LogEnds
  seats(zone: ZoneKey, at: number): SeatStates | null
  zones(): { zone: ZoneKey; seats: number }[]
  checkpoint(now: number): void
  close(now: number): void
}

/**
 * What was written may not be on the disk, and the disk will not say so again: nobody may be answered by it. The process ends; the next one
 * reads what is there.
 */
export class NotSynced extends Error {
  override name = 'NotSynced'
}

/** `sync` brings what was written to a file, by its descriptor, to the disk. */
export function openStore(path: string, pace = PACE, sync: (file: number) => void = fdatasyncSync): Store {
  const owned = own(path)
  const db = new DatabaseSync(path, { timeout: 5000 })
  // What `full` adds to `normal`, the sync of the write-ahead log after a commit, is done by `durable`: Node's SQLite was built without
  // fdatasync, and its fsync waits for the file system's journal too, and so for whatever the projector has just written.
  db.exec('pragma page_size = 8192; pragma journal_mode = wal; pragma synchronous = normal; pragma wal_autocheckpoint = 2000;')
  // What the relay reads was written a quarter of a second ago, and is not read from the file again.
  db.exec('pragma cache_size = -16000;')
  const { user_version: format } = db.prepare('pragma user_version').get() as { user_version: number }
  if (format !== 0 && format !== FORMAT)
    throw new Error(`${path} is a ledger of format ${format}; this version of Onsale reads format ${FORMAT}.`)
  db.exec(`${SCHEMA} pragma user_version = ${FORMAT};`)
  const sql = statements(db)
  const wal = path === ':memory:' ? undefined : openSync(`${path}-wal`, 'r+')

  let zones = new Map<ZoneKey, ZoneState>()
  let keys = new KeyIndex()
  let newTags: number[] = []
  /** Zones with changes that only the log has, and the position of the first of these: in the order of those positions. */
  let dirty = new Map<ZoneKey, number>()
  let dirtyBytes = 0
  /** Bytes of zones that the entries so far have paid for and that were not written yet. */
  let credit = 0
  let head = 0
  let trimmed = 0
  /** Every zone has on disk what came up to here. */
  let checkpointed = 0
  /** False from a failed `load` to the next one that succeeds: what is in memory must not decide. */
  let whole = false
  load()
  // What a process wrote that died before its sync was read all the same, and is passed on from here.
  durable()

  /** Everything in memory, from the zones as they were written and the rows after them. Also after a failed commit: memory may be ahead of the disk. */
  function load(): void {
    whole = false
    checkpointed = meta('checkpointed')
    trimmed = meta('trimmed')
    head = checkpointed
    dirty = new Map()
    dirtyBytes = 0
    const rows = sql.zones.all() as ({ zone: string; at: number } & StoredZone)[]
    zones = new Map(rows.map((row) => [row.zone, unpack(row)]))
    const writtenAt = new Map(rows.map(({ zone, at }) => [zone, at]))
    keys = new KeyIndex()
    newTags = []
    let keysAt = 0
    for (const { last, tags } of sql.keys.all() as { last: number; tags: Uint8Array }[]) {
      keysAt = last
      const pairs = new Float64Array(tags.slice().buffer)
      for (let i = 0; i < pairs.length; i += 2) keys.add(pairs[i] as number, pairs[i + 1] as number)
    }
    for (const row of sql.rowsAfter.iterate(checkpointed) as Iterable<LogRow>)
      for (const { position, head: record } of records(row)) {
        if (position <= checkpointed) continue
        const [, zone, to, seats, owners, until, keyId] = record
        head = position
        if (keyId && position > keysAt) remember(keyId, position)
        if (position <= (writtenAt.get(zone) as number)) continue
        put(zones.get(zone) as ZoneState, seats, to, owners, until ?? undefined)
        markDirty(zone)
      }
    whole = true
  }

  /** The entry at `head` changed the zone. */
  function markDirty(zone: ZoneKey): void {
    if (dirty.has(zone)) return
    dirty.set(zone, head)
    dirtyBytes += bytesOf(zones.get(zone) as ZoneState)
  }

  function remember(keyId: string, position: number): void {
    const tag = hash52(keyId)
    keys.add(tag, position)
    newTags.push(tag, position)
  }

  function commit(changes: readonly Change[], now: number): Outcome[] {
    if (!whole) load()
    const first = head + 1
    const batch = { body: '', byKey: new Map<string, LogRecord>() }
    try {
      const outcomes = changes.map((change) => decide(change, batch))
      if (head >= first) sql.append.run(first, head, now, batch.body)
      if (head >= first) durable()
      credit += (head - first + 1) * Math.max(pace.bytesPerEntry, dirtyBytes / pace.replayedAtMost)
      return outcomes
    } catch (error) {
      if (!(error instanceof NotSynced)) load()
      throw error
    }
  }

  /** What was committed is on the disk when this returns. A checkpoint needs it not: the log has all that it says. */
  function durable(): void {
    try {
      if (wal !== undefined) sync(wal)
    } catch (cause) {
      throw new NotSynced(`${path} could not be synced to the disk.`, { cause })
    }
  }

  function decide(change: Change, batch: { body: string; byKey: Map<string, LogRecord> }): Outcome {
    const { key } = change
    const earlier = key && (batch.byKey.get(key.id) ?? recordOf(key.id))
    if (key && earlier) {
      if (earlier.head[7] !== key.fingerprint) return { ok: false, why: 'key-reused' }
      return { ok: true, shard: SHARD, position: earlier.position, fact: earlier.fact, replayed: true }
    }
    const zone = zones.get(change.zone)
    if (!zone) return { ok: false, why: 'not-open' }
    const option = change.options[available(zone, change)]
    if (!option) return { ok: false, why: 'taken', states: seen(zone, change.at) }
    const owners = option.owners.map(hash52)
    const record: Head = [
      lettersOf(zone, option.seats),
      change.zone,
      change.to,
      option.seats as number[],
      owners,
      change.until ?? null,
      key?.id ?? '',
      key?.fingerprint ?? '',
    ]
    put(zone, option.seats, change.to, owners, change.until)
    head++
    markDirty(change.zone)
    batch.body += `${JSON.stringify(record)}\n${option.fact}\n`
    if (key) {
      remember(key.id, head)
      batch.byKey.set(key.id, { position: head, head: record, fact: option.fact })
    }
    return { ok: true, shard: SHARD, position: head, fact: option.fact, replayed: false }
  }

  function recordOf(keyId: string): LogRecord | undefined {
    for (const position of keys.candidates(hash52(keyId))) {
      const row = sql.rowAt.get(position) as LogRow | undefined
      const record = row && recordIn(row, position)
      if (record?.head[6] === keyId) return record
    }
    return undefined
  }

  function read(after: number, limit: number): LogEntry[] {
    const entries: LogEntry[] = []
    for (const row of sql.rowsAfter.iterate(after) as Iterable<LogRow>) {
      const lines = row.body.split('\n')
      for (let i = 0, position = row.first; i + 1 < lines.length; i += 2, position++) {
        if (position <= after) continue
        entries.push({ shard: SHARD, position, body: seal(SHARD, position, wasIn(lines[i] as string), lines[i + 1] as string) })
        if (entries.length >= limit) return entries
      }
    }
    return entries
  }

  /** Writes zones of about so many bytes, those first whose changes are the oldest; keys; and lets go of what is a day old and not needed to open. */
  function checkpoint(bytes: number, now: number): void {
    const written: ZoneKey[] = []
    let left = bytes
    for (const zone of dirty.keys()) {
      if (left <= 0) break
      left -= bytesOf(zones.get(zone) as ZoneState)
      written.push(zone)
    }
    const [oldest = head + 1] = [...dirty.values()].slice(written.length, written.length + 1)
    transaction(db, () => {
      for (const zone of written) putZone(zone)
      if (newTags.length > 0) sql.putKeys.run(head, new Uint8Array(new Float64Array(newTags).buffer))
      setMeta('checkpointed', oldest - 1)
      setMeta('trimmed', trimmed)
      sql.dropRows.run(Math.min(trimmed, oldest - 1), now - KEYS_KEPT_MS)
      sql.dropKeys.run()
    })
    for (const zone of written) {
      dirty.delete(zone)
      dirtyBytes -= bytesOf(zones.get(zone) as ZoneState)
    }
    newTags = []
    credit = dirty.size > 0 ? credit - bytes + left : 0
    checkpointed = oldest - 1
    keys.oldest = (sql.oldest.get() as { first: number | null }).first ?? head + 1
  }

  function putZone(zone: ZoneKey): void {
    const { seats, states, owners, until } = pack(zones.get(zone) as ZoneState)
    sql.putZone.run(zone, seats, states, owners, until, head)
  }

  function meta(name: string): number {
    return (sql.meta.get(name) as { value: number } | undefined)?.value ?? 0
  }
  function setMeta(name: string, value: number): void {
    sql.setMeta.run(name, value)
  }

  return {
    open(openings) {
      if (!whole) load()
      const fresh = openings.filter(({ zone }) => !zones.has(zone))
      if (fresh.length === 0) return
      for (const { zone, seats, gaps } of fresh) zones.set(zone, emptyZone(seats, gaps))
      try {
        transaction(db, () => {
          for (const { zone } of fresh) putZone(zone)
        })
        durable()
      } catch (error) {
        if (!(error instanceof NotSynced)) load()
        throw error
      }
    },
    commit,
    read,
    trim(position) {
      trimmed = Math.max(trimmed, Math.min(position, head))
    },
    ends: () => ({ shard: SHARD, trimmed, head }),
    seats(zone, at) {
      const state = zones.get(zone)
      return state ? seen(state, at) : null
    },
    zones: () => [...zones].map(([zone, { seats }]) => ({ zone, seats })),
    checkpoint(now) {
      if (whole && credit >= pace.bytesPerStep && head - checkpointed >= pace.replayedAtLeast) checkpoint(pace.bytesPerStep, now)
    },
    close(now) {
      if (whole) checkpoint(Number.POSITIVE_INFINITY, now)
      if (wal !== undefined) closeSync(wal)
      db.close()
      owned.close()
    },
  }
}

/**
 * Keeps every other process from this ledger as long as this one has it: each believes its own memory of the seats, and the checkpoint of
 * one would undo the other's sales. The lock is the operating system's, so it ends with the process, however that ends.
 */
function own(path: string): DatabaseSync {
  const lock = new DatabaseSync(path === ':memory:' ? path : `${path}.lock`)
  try {
    lock.exec('begin exclusive')
  } catch {
    throw new Error(`${path} is in use by another process.`)
  }
  return lock
}

/** Of a zone in the checkpoint: two bits and an owner a seat. */
const bytesOf = ({ seats }: ZoneState): number => seats * 8.25

type LogRow = { first: number; body: string }

/** `["..",` begins the line of a record. */
const wasIn = (line: string): string => line.slice(2, line.indexOf('"', 2))

function records({ first, body }: LogRow): LogRecord[] {
  const lines = body.split('\n')
  const found: LogRecord[] = []
  for (let i = 0; i + 1 < lines.length; i += 2) found.push(recordOfLines(lines, first, first + i / 2))
  return found
}

/** One record of a row, undefined when the row ends before it. Reading all of a row of 800 cost 2.5 ms a repeated key. */
function recordIn({ first, body }: LogRow, position: number): LogRecord | undefined {
  const lines = body.split('\n')
  return (position - first) * 2 + 1 < lines.length ? recordOfLines(lines, first, position) : undefined
}

function recordOfLines(lines: readonly string[], first: number, position: number): LogRecord {
  const line = (position - first) * 2
  return { position, head: JSON.parse(lines[line] as string) as Head, fact: lines[line + 1] as string }
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

function transaction(db: DatabaseSync, work: () => void): void {
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
