/**
 * A batch of commits between this process and the ledger's functions in Redis: a few texts there and one of codes back, whatever the number
 * of commits. An argument a part cost Redis as much as deciding did, and JSON twice that; texts that are joined first and turned into bytes
 * together cost this process a third of what one call a text did.
 *
 *   format   how `words` is cut: `c` and its bytes for each
 *   numbers  doubles, low byte first: zones, keys, changes; of each change: its zone and its key (from 1; 0 without), `from` and `to`, at, until,
 *            where its owners begin, where the next change does (both from 1), options; of each option: seats, first and last byte of its fact, the seats
 *   words    names of zones, ids of keys, fingerprints of keys
 *   owners   of each option: owners unless to free, mine unless from free; 7 bytes each, high byte first
 *   facts    of every option a line; a text for each 32 changes, which is what the log keeps together
 *   answer   a byte for each change: option or one of CODES; the positions of those that were done follow one another
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

const OWNER_BYTES = 7

/** The numbers and the owners of a batch; room for them is made once. */
class Writer {
  readonly #numbers: Float64Array
  readonly #owners: Buffer
  #at = 0
  #ownersAt = 0

  constructor(changes: readonly Change[]) {
    let numbers = 3
    let seats = 0
    for (const { options } of changes) {
      numbers += 8 + options.length * 3
      for (const option of options) seats += option.seats.length
    }
    this.#numbers = new Float64Array(numbers + seats)
    this.#owners = Buffer.allocUnsafe(seats * OWNER_BYTES * 2)
  }

  put(number: number): void {
    this.#numbers[this.#at++] = number
  }

  /** `fact`: where the facts of the change begin in their text, from 1. Returns where they end. */
  change({ from, to, at, until = 0, options }: Change, zone: number, key: number, fact: number, bytesOf: (text: string) => number): number {
    this.put(zone)
    this.put(key)
    this.put(FROM[from] * 3 + TO[to])
    this.put(at)
    this.put(until)
    this.put(this.#ownersAt + 1)
    const next = this.#at++
    this.put(options.length)
    for (const option of options) {
      const beyond = fact + bytesOf(option.fact) + 1
      this.put(option.seats.length)
      this.put(fact)
      this.put(beyond - 1)
      for (const seat of option.seats) this.put(Number.isInteger(seat) && seat >= 0 ? seat : NO_SEAT)
      if (to !== 'free') this.#putOwners(option.seats.length, option.owners)
      if (from !== 'free') this.#putOwners(option.seats.length, option.mine ?? [])
      fact = beyond
    }
    this.#numbers[next] = this.#at + 1
    return fact
  }

  #putOwners(count: number, ids: readonly string[]): void {
    for (let i = 0; i < count; i++) {
      const hash = hash52(ids[i] ?? '')
      this.#owners.writeUIntBE(Math.floor(hash / 0x1_0000_0000), this.#ownersAt, 3)
      this.#owners.writeUInt32BE(hash % 0x1_0000_0000, this.#ownersAt + 3)
      this.#ownersAt += OWNER_BYTES
    }
  }

  written(): { numbers: Buffer; owners: Buffer } {
    return { numbers: Buffer.from(this.#numbers.buffer), owners: this.#owners.subarray(0, this.#ownersAt) }
  }
}

/** Texts joined to one; `bytesOf` one of them, which is asked of the system only where there is more than ASCII. */
function join(texts: readonly string[], end: string): { text: string; bytesOf: (text: string) => number } {
  const text = texts.length === 0 ? '' : texts.join(end) + end
  return { text, bytesOf: Buffer.byteLength(text) === text.length ? ({ length }) => length : Buffer.byteLength }
}

/** As in redis.functions.lua. */
const RECORD = 32

export type Batch = [format: string, numbers: Buffer, words: string, owners: Buffer, ...facts: string[]]

export function formatBatch(changes: readonly Change[]): Batch {
  const places = new Map<string, number>()
  const ids: string[] = []
  const fingerprints: string[] = []
  for (const { zone, key } of changes) {
    if (!places.has(zone)) places.set(zone, places.size + 1)
    if (!key) continue
    ids.push(`k${key.id}`)
    fingerprints.push(`f${key.fingerprint}`)
  }
  // A word has a byte at least, and no zone is called "/".
  const names = [...places.keys()].map((name) => name || '/')
  const texts = [...names, ...ids, ...fingerprints]
  const words = join(texts, '')
  const writer = new Writer(changes)
  for (const count of [names.length, ids.length, changes.length]) writer.put(count)
  let keys = 0
  const facts: string[] = []
  for (let first = 0; first < changes.length; first += RECORD) {
    const some = changes.slice(first, first + RECORD)
    const lines: string[] = []
    for (const { options } of some) for (const { fact } of options) lines.push(fact)
    const { text, bytesOf } = join(lines, '\n')
    let at = 1
    for (const change of some) at = writer.change(change, places.get(change.zone) as number, change.key ? ++keys : 0, at, bytesOf)
    facts.push(text)
  }
  let format = ''
  for (const text of texts) format += `c${words.bytesOf(text)}`
  const { numbers, owners } = writer.written()
  return [format, numbers, words.text, owners, ...facts]
}

/** The newest moment of a batch, ms. */
export const newestOf = (changes: readonly Change[]): number => changes.reduce((latest, { at }) => Math.max(latest, at), 0)

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
