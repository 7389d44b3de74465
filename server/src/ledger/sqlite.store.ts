/**
 * The embedded ledger's store: one SQLite file, one thread.
 *
 * The log is the truth. A commit is one row: all changes that arrived while the last commit was under way, each with its seats, its
 * key and its fact, so that state, key and entry are one step by construction. What the rows add up to (two bits a seat, key -> position)
 * is kept in memory and written little by little (`checkpoint`), so that opening reads what was written and replays the rows after it.
 * A row a purchase, a key table and a seat table in the same transaction cost 9 us more a purchase: see ARCHITECTURE.md.
 */
import { type LogEntry, seal } from '@onsale/contract/entry'
import { hash52 } from './hash.ts'
import { KeyIndex } from './key-index.ts'
import type { Change, Departure, KeptKey, LogEnds, Option, Outcome, SeatStates, ZoneKey, ZoneOpening } from './ledger.ts'
import { NotSynced, openFile } from './sqlite.file.ts'
import { keepMoved } from './sqlite.owner.ts'
import { type Head, keysIn, type LogRecord, type LogRow, recordIn, records, wasIn } from './sqlite.records.ts'
import { createRestoring, type Restoring } from './sqlite.restoring.ts'
import { available, emptyZone, lettersOf, pack, put, type StoredZone, seen, unpack, type ZoneState } from './zone-state.ts'

/** There is one writer, so there is one shard. */
export const SHARD = '0'
const KEYS_KEPT_MS = 24 * 60 * 60 * 1000
/**
 * How checkpoints go. Opening replays 4,096 entries at least, some 10 ms, and about 65,536 at most while batches are below 400. In between,
 * each entry pays for writing 130 bytes of zones, a third of what it has itself, in steps of 256 KB or one zone: some 3 ms each, and 18 for a
 * zone of a million seats. All zones of such a house at once stood in the way of buyers for 50 ms. 400 bytes an entry cost 1.4 us a purchase
 * more, and opening such a house after a kill took 0.2 s instead of 0.3.
 */
const PACE = { replayedAtLeast: 4096, replayedAtMost: 65_536, bytesPerEntry: 130, bytesPerStep: 256 * 1024 }

/** A row that is being written: of its entries, each has a record and two lines of the body. */
type Batch = { first: number; body: string; records: LogRecord[] }

export type Store = {
  open(zones: readonly ZoneOpening[]): void
  /** The outcomes, which are durable. */
  commit(changes: readonly Change[], now: number): Outcome[]
  read(after: number, limit: number): LogEntry[]
  trim(position: number): void
  ends(): LogEnds
  seats(zone: ZoneKey, at: number): SeatStates | null
  zones(): { zone: ZoneKey; seats: number }[]
  checkpoint(now: number): void
  restoring: Restoring
  keys(after: number, upTo: number): KeptKey[]
  leave: (to: Parameters<Departure['leave']>[0]) => void
  close(now: number): void
}

/** `sync` is for tests. */
export function openStore(path: string, pace = PACE, sync?: (file: number) => void): Store {
  const { db, sql, durable, transaction, close } = openFile(path, sync)

  let zones = new Map<ZoneKey, ZoneState>()
  let keys = new KeyIndex()
  let newTags: number[] = []
  /** Zones with changes that only the log has, and the position of the first of these: in the order of those positions. */
  let dirty = new Map<ZoneKey, number>()
  let dirtyBytes = 0
  /** Bytes of zones that the entries so far have paid for and that were not written yet. */
  let credit = 0
  /** Where the log ends, what of it is stored by the read side, and up to where every zone has on disk what came. */
  let [head, trimmed, checkpointed] = [0, 0, 0]
  /** False from a failed `load` to the next one that succeeds: what is in memory must not decide. */
  let whole = false
  /** Entries are being put back: until all are there, the seats are not what they seem. */
  let isRestoring = false
  load()
  // What a process wrote that died before its sync was read all the same, and is passed on from here.
  durable()

  /** Everything in memory, from the zones as they were written and the rows after them. Also after a failed commit: memory may be ahead of the disk. */
  function load(): void {
    whole = false
    checkpointed = meta('checkpointed')
    trimmed = meta('trimmed')
    isRestoring = meta('restoring') === 1
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
        if (keyId && position > keysAt) remember(hash52(keyId), position)
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

  function remember(tag: number, position: number): void {
    keys.add(tag, position)
    newTags.push(tag, position)
  }

  function commit(changes: readonly Change[], now: number): Outcome[] {
    if (!whole) load()
    const batch = newBatch(head + 1)
    const { first } = batch
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

  function decide(change: Change, batch: Batch): Outcome {
    if (isRestoring) return { ok: false, why: 'not-open' }
    const { key } = change
    const tag = tagOf(change)
    const earlier = key && recordOf(key.id, tag, batch)
    if (key && earlier) {
      if (earlier.head[7] !== key.fingerprint) return { ok: false, why: 'key-reused' }
      return { ok: true, shard: SHARD, position: earlier.position, fact: earlier.fact, replayed: true }
    }
    const zone = zones.get(change.zone)
    if (!zone) return { ok: false, why: 'not-open' }
    const option = change.options[available(zone, change)]
    if (!option) return { ok: false, why: 'taken', states: seen(zone, change.at) }
    return append(zone, change, option, tag, batch)
  }

  function append(zone: ZoneState, change: Change, option: Option, tag: number, batch: Batch): Extract<Outcome, { ok: true }> {
    const { key } = change
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
    batch.records.push({ position: head, head: record, fact: option.fact })
    if (key) remember(tag, head)
    return { ok: true, shard: SHARD, position: head, fact: option.fact, replayed: false }
  }

  function recordOf(keyId: string, tag: number, { first, records }: Batch): LogRecord | undefined {
    for (const position of keys.candidates(tag)) {
      const row = position < first ? (sql.rowAt.get(position) as LogRow | undefined) : undefined
      const record = position < first ? row && recordIn(row, position) : records[position - first]
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
    transaction(() => {
      for (const zone of written) putZone(zone)
      if (newTags.length > 0) sql.putKeys.run(head, new Uint8Array(new Float64Array(newTags).buffer))
      sql.setMeta.run('checkpointed', oldest - 1)
      sql.setMeta.run('trimmed', trimmed)
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

  function openZones(openings: readonly ZoneOpening[]): void {
    if (!whole) load()
    const fresh = openings.filter(({ zone }) => !zones.has(zone))
    if (fresh.length === 0) return
    for (const { zone, seats, gaps } of fresh) zones.set(zone, emptyZone(seats, gaps))
    try {
      transaction(() => {
        for (const { zone } of fresh) putZone(zone)
      })
      durable()
    } catch (error) {
      if (!(error instanceof NotSynced)) load()
      throw error
    }
  }

  /** As `commit` does, whatever the seats are. The row is as old as its entries, so that it is let go of like any other. */
  function putBack(changes: readonly Change[]): void {
    const first = head + 1
    const batch = newBatch(first)
    try {
      for (const change of changes) append(zones.get(change.zone) as ZoneState, change, change.options[0] as Option, tagOf(change), batch)
      sql.append.run(first, head, (changes.at(-1) as Change).at, batch.body)
      durable()
      trimmed = head
    } catch (error) {
      if (!(error instanceof NotSynced)) load()
      throw error
    }
  }

  function putZone(zone: ZoneKey): void {
    const { seats, states, owners, until } = pack(zones.get(zone) as ZoneState)
    sql.putZone.run(zone, seats, states, owners, until, head)
  }

  function meta(name: string): number {
    return (sql.meta.get(name) as { value: number } | undefined)?.value ?? 0
  }

  function restoring(): Restoring {
    return createRestoring({
      head: () => head,
      isOn: () => isRestoring,
      set(isOn) {
        sql.setMeta.run('restoring', Number(isOn))
        durable()
        isRestoring = isOn
      },
      open: openZones,
      isOpen: (zone) => zones.has(zone),
      putBack,
      factAt: (position) => {
        const row = sql.rowAt.get(position) as LogRow | undefined
        return row && recordIn(row, position)?.fact
      },
      checkpoint: (now) => checkpoint(Number.POSITIVE_INFINITY, now),
    })
  }

  return {
    open: openZones,
    commit,
    read,
    trim(position) {
      trimmed = Math.max(trimmed, Math.min(position, head))
    },
    ends: () => ({ shard: SHARD, trimmed, head }),
    seats: (zone, at) => seenIn(zones.get(zone), at),
    zones: () => [...zones].map(([zone, { seats }]) => ({ zone, seats })),
    checkpoint(now) {
      if (whole && credit >= pace.bytesPerStep && head - checkpointed >= pace.replayedAtLeast) checkpoint(pace.bytesPerStep, now)
    },
    restoring: restoring(),
    keys: (after, upTo) => keysIn(sql.rowsAfter.iterate(after) as Iterable<LogRow>, after, upTo),
    leave: (to) => keepMoved(db, to, durable),
    close(now) {
      if (whole) checkpoint(Number.POSITIVE_INFINITY, now)
      close()
    },
  }
}

const seenIn = (zone: ZoneState | undefined, at: number): SeatStates | null => (zone ? seen(zone, at) : null)

const tagOf = ({ key }: Change): number => (key ? hash52(key.id) : 0)

const newBatch = (first: number): Batch => ({ first, body: '', records: [] })

/** Of a zone in the checkpoint: two bits and an owner a seat. */
const bytesOf = ({ seats }: ZoneState): number => seats * 8.25
