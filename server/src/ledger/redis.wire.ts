/**
 * A batch of commits between this process and the ledger's functions in Redis: a few texts there and one of codes back, whatever the number
 * of commits. An argument a part cost Redis as much as deciding did, and JSON twice that; texts that are joined first and turned into bytes
 * together cost this process a third of what one call a text did.
 *
 *   numbers  u32 zones, each: u32 bytes of its name; u32 keys, each: u32 bytes of id, of fingerprint; u32 changes, each: u16 zone (from 1),
 *            u8 from, u8 to, u8 1 with a key, u8 options, f64 at, 6 bytes until, u32 bytes of the options, u32 bytes of their facts; of each
 *            option u32 seats, u32 bytes of its fact, seats (u32 each), owners unless to free, mine unless from free (7 bytes each)
 *   words    names of zones, then id and fingerprint of each key
 *   facts    of every option a line; a text for each 32 changes, which is what the log keeps together
 *   answer   a byte for each change: option or one of CODES; the positions of those that were done follow one another
 * Numbers have their high byte first.
 */
import { type LogEntry, seal } from '@onsale/contract/entry'
import { hash52 } from './hash.ts'
import { type Change, FREE, HELD, LedgerBusy, type Option, type Outcome, type SeatStates } from './ledger.ts'

/** Of an option's number there is one byte, and codes begin at 251. */
export const MOST_OPTIONS = 250
const REPLAYED = 255
const TAKEN = 254
const KEY_REUSED = 253
const NOT_OPEN = 252
const BEHIND = 251

const FROM = { free: 0, mine: 1, either: 2 } as const
const TO = { free: 0, held: 1, sold: 2 } as const
const NO_SEAT = 0xffff_ffff

class Bytes {
  #bytes = Buffer.allocUnsafe(32 * 1024)
  #at = 0

  /** Where the next so many bytes go. */
  skip(bytes: number): number {
    const at = this.#at
    if (at + bytes > this.#bytes.length) this.#grow(at + bytes)
    this.#at += bytes
    return at
  }
  u8(value: number): void {
    this.#bytes[this.skip(1)] = value
  }
  u16(value: number): void {
    this.#bytes.writeUInt16BE(value, this.skip(2))
  }
  u32(value: number, at = this.skip(4)): void {
    this.#bytes.writeUInt32BE(value, at)
  }
  f64(value: number): void {
    this.#bytes.writeDoubleBE(value, this.skip(8))
  }
  u48(value: number): void {
    this.#bytes.writeUIntBE(value, this.skip(6), 6)
  }
  owner(id: string): void {
    const hash = hash52(id)
    const at = this.skip(7)
    this.#bytes.writeUIntBE(Math.floor(hash / 0x1_0000_0000), at, 3)
    this.#bytes.writeUInt32BE(hash % 0x1_0000_0000, at + 3)
  }
  since(at: number): number {
    return this.#at - at
  }
  taken(): Buffer {
    return this.#bytes.subarray(0, this.#at)
  }

  #grow(bytes: number): void {
    const larger = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, bytes))
    this.#bytes.copy(larger, 0, 0, this.#at)
    this.#bytes = larger
  }
}

/** Texts joined to one; `bytesOf` one of them, which is asked of the system only where there is more than ASCII. */
function join(texts: readonly string[], end: string): { text: string; bytesOf: (text: string) => number } {
  const text = texts.length === 0 ? '' : texts.join(end) + end
  return { text, bytesOf: Buffer.byteLength(text) === text.length ? ({ length }) => length : Buffer.byteLength }
}

/** As in redis.functions.lua. */
const RECORD = 32

export type Batch = [numbers: Buffer, words: string, ...facts: string[]]

export function formatBatch(changes: readonly Change[]): Batch {
  const zones = new Map<string, number>()
  for (const { zone } of changes) if (!zones.has(zone)) zones.set(zone, zones.size + 1)
  const keys = changes.flatMap(({ key }) => (key ? [`k${key.id}`, key.fingerprint] : []))
  const words = join([...zones.keys(), ...keys], '')
  const facts: string[] = []
  const bytes = new Bytes()
  bytes.u32(zones.size)
  for (const zone of zones.keys()) bytes.u32(words.bytesOf(zone))
  bytes.u32(keys.length / 2)
  for (const text of keys) bytes.u32(words.bytesOf(text))
  bytes.u32(changes.length)
  for (let first = 0; first < changes.length; first += RECORD) {
    const some = changes.slice(first, first + RECORD)
    const { text, bytesOf } = join(
      some.flatMap(({ options }) => options.map(({ fact }) => fact)),
      '\n',
    )
    for (const change of some) putChange(bytes, change, zones.get(change.zone) as number, bytesOf)
    facts.push(text)
  }
  return [bytes.taken(), words.text, ...facts]
}

/** The newest moment of a batch, ms. */
export const newestOf = (changes: readonly Change[]): number => changes.reduce((latest, { at }) => Math.max(latest, at), 0)

function putChange(bytes: Bytes, change: Change, zone: number, bytesOf: (text: string) => number): void {
  const { from, to, at, until, key, options } = change
  bytes.u16(zone)
  bytes.u8(FROM[from])
  bytes.u8(TO[to])
  bytes.u8(key ? 1 : 0)
  bytes.u8(options.length)
  bytes.f64(at)
  bytes.u48(until ?? 0)
  const lengths = bytes.skip(8)
  let facts = 0
  for (const option of options) {
    const fact = bytesOf(option.fact) + 1
    putOption(bytes, change, option, fact)
    facts += fact
  }
  bytes.u32(bytes.since(lengths + 8), lengths)
  bytes.u32(facts, lengths + 4)
}

function putOption(bytes: Bytes, { from, to }: Change, { seats, owners, mine }: Option, fact: number): void {
  bytes.u32(seats.length)
  bytes.u32(fact)
  for (const seat of seats) bytes.u32(Number.isInteger(seat) && seat >= 0 && seat < NO_SEAT ? seat : NO_SEAT)
  if (to !== 'free') for (let i = 0; i < seats.length; i++) bytes.owner(owners[i] ?? '')
  if (from !== 'free') for (let i = 0; i < seats.length; i++) bytes.owner(mine?.[i] ?? '')
}

/**
 * Codes; the head before the batch; of each zone that somebody was refused its place in the batch, seats, states and ends of holds; position and
 * fact of those who asked again.
 */
export type Reply = [codes: Buffer, head: number, zones: (number | Buffer)[], replays: (number | Buffer)[]]

export function parseOutcomes([codes, head, zones, replays]: Reply, shard: string, changes: readonly Change[]): (Outcome | LedgerBusy)[] {
  const shown = statesByZone(changes, zones)
  let position = head
  let next = 0
  return changes.map(({ zone, at, options }, i): Outcome | LedgerBusy => {
    const code = codes[i] as number
    if (code === REPLAYED) return replayed(shard, replays[next++] as number, replays[next++] as Buffer)
    if (code === TAKEN) return { ok: false, why: 'taken', states: (shown.get(zone) as (at: number) => SeatStates)(at) }
    if (code === KEY_REUSED) return { ok: false, why: 'key-reused' }
    if (code === NOT_OPEN) return { ok: false, why: 'not-open' }
    if (code === BEHIND) return new LedgerBusy('The read side is too far behind.')
    return { ok: true, shard, position: ++position, fact: (options[code] as Option).fact, replayed: false }
  })
}

/** Of the log: `<position of the last entry>-<entries>`, and `was`, `facts` with their values. */
export type LogRecord = [id: Buffer, fields: [Buffer, was: Buffer, Buffer, facts: Buffer]]

export function parseRecord(shard: string, [id, [, was, , facts]]: LogRecord): LogEntry[] {
  const [last, entries] = id.toString().split('-').map(Number) as [number, number]
  const lines = facts.toString().split('\n')
  return was
    .toString()
    .split(' ')
    .map((letters, i) => {
      const position = last - entries + 1 + i
      return { shard, position, body: seal(shard, position, letters, lines[i] as string) }
    })
}

/** An entry is kept longer than its key, unless the server evicts. */
function replayed(shard: string, position: number, fact: Buffer): Outcome | LedgerBusy {
  if (fact.length === 0) return new LedgerBusy(`Entry ${position} of shard ${shard} is gone from Redis.`)
  return { ok: true, shard, position, fact: fact.toString(), replayed: true }
}

function statesByZone(changes: readonly Change[], zones: readonly (number | Buffer)[]): Map<string, (at: number) => SeatStates> {
  const shown = new Map<string, (at: number) => SeatStates>()
  if (zones.length === 0) return shown
  const names = [...new Set(changes.map(({ zone }) => zone))]
  for (let i = 0; i < zones.length; i += 4) {
    const [place, seats, states, ends] = zones.slice(i, i + 4) as [number, number, Buffer, Buffer]
    const stored = unpackStates(seats, states)
    shown.set(names[place] as string, (at) => seenAt(stored, ends, at))
  }
  return shown
}

export function unpackStates(seats: number, packed: Buffer): SeatStates {
  const states = new Uint8Array(seats)
  for (let seat = 0; seat < seats; seat++) states[seat] = ((packed[seat >> 2] as number) >> (6 - (seat & 3) * 2)) & 3
  return states
}

export function packStates(seats: number, gaps: readonly number[]): Buffer {
  const packed = Buffer.alloc(Math.ceil(seats / 4))
  for (const gap of gaps) packed[gap >> 2] = (packed[gap >> 2] as number) | (3 << (6 - (gap & 3) * 2))
  return packed
}

/** A copy, in which holds that ran out are free. */
export function seenAt(stored: SeatStates, ends: Buffer, at: number): SeatStates {
  const states = stored.slice()
  for (let seat = 0, end = 0; end + 6 <= ends.length; seat++, end += 6)
    if (states[seat] === HELD && ends.readUIntBE(end, 6) <= at) states[seat] = FREE
  return states
}
