/**
 * Who has which seat, and the log of how that came to be.
 *
 * A ledger changes the seats of one option and appends the entry in one step, or does neither. It knows seats by number, owners
 * by opaque ids and facts as opaque text; no business lives in it. `ledger.conformance.ts` judges every adapter.
 */
import type { LogEntry } from '@onsale/contract/entry'

/** "<eventId>/<zoneId>". Seats of one zone share a shard. */
export type ZoneKey = string
export const zoneKey = (eventId: string, zoneId: number): ZoneKey => `${eventId}/${zoneId}`

export const FREE = 0
export const HELD = 1
export const SOLD = 2
export const NONE = 3
/** One code a seat, row by row. A hold that ran out reads as free. */
export type SeatStates = Uint8Array

/** One acceptable set of seats. All arrays go by seat. */
export type Option = {
  seats: readonly number[]
  /** Who owns each seat afterwards: a ticket or a hold. Empty when the seats become free. */
  owners: readonly string[]
  /** Who has to own each seat now, for `from` other than 'free'. */
  mine?: readonly string[]
  /** What is appended to the log when this option is taken: one JSON object on one line. */
  fact: string
}

export type Change = {
  zone: ZoneKey
  /** Best first; the first that is wholly available is taken. */
  options: readonly Option[]
  /** A hold that ran out counts as free, for its owner too. */
  from: 'free' | 'mine' | 'either'
  to: 'held' | 'sold' | 'free'
  /** The time of the command, ms. */
  at: number
  /** When a hold ends, ms. Only and always with `to: 'held'`. */
  until?: number
  /** The first success under an id is what every later commit with that id gets, for at least a day. */
  key?: { id: string; fingerprint: string }
  /** W3C `traceparent` of whoever asks, where it is traced. Nothing is decided by it. */
  trace?: string
}

export type Outcome =
  | { ok: true; shard: string; position: number; fact: string; replayed: boolean }
  | { ok: false; why: 'taken'; states: SeatStates }
  | { ok: false; why: 'key-reused' | 'not-open' }

export type ZoneOpening = { zone: ZoneKey; seats: number; gaps: readonly number[] }

/** An entry of the archive, to be written again at its place. Its change has one option, which is taken whatever the seats are. */
export type RestoredEntry = { shard: string; position: number; change: Change }

/** `shard`: where the event has to be; otherwise where its entries are, and where the ledger likes when it has none. */
export type RestoredZone = ZoneOpening & { shard?: string }

/** Where a shard's log stands: everything up to `trimmed` is stored by the read side, `head` is the newest entry. */
export type LogEnds = { shard: string; trimmed: number; head: number }

export interface Ledger {
  /** Opens zones that are new; one that is open stays as it is. */
  open(zones: readonly ZoneOpening[]): Promise<void>
  /** Takes the first option that is wholly available and appends its fact, or does neither. Rejects with LedgerBusy at its limits. */
  commit(change: Change): Promise<Outcome>
  /** The entries after a position, oldest first. */
  read(from: { shard: string; after: number; limit: number }): Promise<LogEntry[]>
  /** Everything up to here is stored by the read side. */
  trim(upTo: { shard: string; position: number }): Promise<void>
  ends(): Promise<LogEnds[]>
  /** The true state of a zone, or null when it was never opened. */
  seats(zone: ZoneKey, at: number): Promise<SeatStates | null>
  /** Every open zone and how many seats it was opened with, gaps included. */
  zones(): Promise<{ zone: ZoneKey; seats: number }[]>
  /**
   * Fills a ledger that lost everything, or goes on where an earlier attempt broke off. Each shard's entries come in their order from 1 and are
   * stored by the read side already. Nothing is sold from the first step to the end of `batches`; if those throw, nothing is sold until
   * somebody restores to the end. A shard that has entries is left as it is: entries that it lacks or has otherwise are an error.
   */
  restore(zones: readonly RestoredZone[], batches: AsyncIterable<readonly RestoredEntry[]>): Promise<void>
  /** For a ledger that can be moved to another one while it sells; the others have nothing to move away from. */
  departure?: Departure
  close(): Promise<void>
}

export type KeptKey = { position: number; id: string; fingerprint: string }

export interface Departure {
  /** The idempotency keys of these entries, as far as they are kept. */
  keys(of: { after: number; upTo: number }): Promise<KeptKey[]>
  /** From now on commits reject with LedgerBusy. Resolves when those before it are in the log. */
  pause(): Promise<void>
  resume(): void
  /** Durably: nothing is ever sold from here again, and who opens it hears where it went. */
  leave(to: Place): Promise<void>
}

/** Where a box office keeps what it has. */
export type Place = { ledgerUrl: string; databaseUrl: string; busUrl: string }

/** Whether it was done is not known. Asked again with its key it is answered as it was, if it was. */
export class LedgerUnsure extends Error {
  constructor(what: string, options?: ErrorOptions) {
    super(what, options)
    this.name = 'LedgerUnsure'
  }
}

/** Hears of each batch that was answered: how many changes, and how long the store took. */
export type OnBatch = (changes: number, ms: number) => void

/** A queue is full, the read side is too far behind, or the disk takes no more. Nothing was done. */
export class LedgerBusy extends Error {
  constructor(what: string, options?: ErrorOptions) {
    super(what, options)
    this.name = 'LedgerBusy'
  }
}
