/**
 * A batch of commits between this process and the ledger's functions in Redis: one text of bytes each way. An argument a part cost Redis
 * as much as deciding did, and JSON twice that.
 *
 *   batch   u32 zones, each: text; u32 changes, each: u32 zone (from 1), u8 from, u8 to, f64 at, 6 bytes until, text key, text fingerprint,
 *           u8 options, u32 bytes of the options, each: text seats (u32 each), text owners, text mine (7 bytes each), text fact
 *   answer  for each change u8 option or one of CODES, f64 position
 * A text is u32 bytes and the bytes; numbers have their high byte first.
 */
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
const BYTES_OF_CODE = 9

class Bytes {
  #bytes = Buffer.allocUnsafe(32 * 1024)
  #at = 0

  /** Where the next so many bytes go. */
  skip(bytes: number): number {
    const at = this.#at
    this.#room(bytes)
    this.#at += bytes
    return at
  }
  u8(value: number): void {
    this.#bytes[this.skip(1)] = value
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
  text(text: string): void {
    this.#room(4 + text.length * 3)
    const bytes = this.#bytes.write(text, this.#at + 4)
    this.u32(bytes)
    this.#at += bytes
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

  #room(bytes: number): void {
    if (this.#at + bytes <= this.#bytes.length) return
    const larger = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#at + bytes))
    this.#bytes.copy(larger, 0, 0, this.#at)
    this.#bytes = larger
  }
}

export function formatBatch(changes: readonly Change[]): Buffer {
  const zones = new Map<string, number>()
  for (const { zone } of changes) if (!zones.has(zone)) zones.set(zone, zones.size + 1)
  const bytes = new Bytes()
  bytes.u32(zones.size)
  for (const zone of zones.keys()) bytes.text(zone)
  bytes.u32(changes.length)
  for (const change of changes) {
    const { zone, from, to, at, until, key, options } = change
    bytes.u32(zones.get(zone) as number)
    bytes.u8(FROM[from])
    bytes.u8(TO[to])
    bytes.f64(at)
    bytes.u48(until ?? 0)
    bytes.text(key ? `k${key.id}` : '')
    bytes.text(key?.fingerprint ?? '')
    bytes.u8(options.length)
    const length = bytes.skip(4)
    for (const option of options) putOption(bytes, change, option)
    bytes.u32(bytes.since(length + 4), length)
  }
  return bytes.taken()
}

function putOption(bytes: Bytes, { from, to }: Change, { seats, owners, mine, fact }: Option): void {
  bytes.u32(seats.length * 4)
  for (const seat of seats) bytes.u32(Number.isInteger(seat) && seat >= 0 && seat < NO_SEAT ? seat : NO_SEAT)
  bytes.u32(to === 'free' ? 0 : seats.length * 7)
  if (to !== 'free') for (let i = 0; i < seats.length; i++) bytes.owner(owners[i] ?? '')
  bytes.u32(from === 'free' ? 0 : seats.length * 7)
  if (from !== 'free') for (let i = 0; i < seats.length; i++) bytes.owner(mine?.[i] ?? '')
  bytes.text(fact)
}

/** Numbers; of each zone that somebody was refused its place in the batch, seats, states and ends of holds; facts of those who asked again. */
export type Reply = [codes: Buffer, zones: (number | Buffer)[], facts: Buffer[]]

export function parseOutcomes([codes, zones, facts]: Reply, shard: string, changes: readonly Change[]): (Outcome | LedgerBusy)[] {
  const shown = statesByZone(changes, zones)
  let nextFact = 0
  return changes.map(({ zone, at, options }, i): Outcome | LedgerBusy => {
    const code = codes[i * BYTES_OF_CODE] as number
    const position = codes.readDoubleBE(i * BYTES_OF_CODE + 1)
    if (code === REPLAYED) return replayed(shard, position, facts[nextFact++] as Buffer)
    if (code === TAKEN) return { ok: false, why: 'taken', states: (shown.get(zone) as (at: number) => SeatStates)(at) }
    if (code === KEY_REUSED) return { ok: false, why: 'key-reused' }
    if (code === NOT_OPEN) return { ok: false, why: 'not-open' }
    if (code === BEHIND) return new LedgerBusy('The read side is too far behind.')
    return { ok: true, shard, position, fact: (options[code] as Option).fact, replayed: false }
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
