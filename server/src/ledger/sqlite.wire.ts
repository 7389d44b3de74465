/**
 * Commits between the main thread and the ledger's, as flat lists of numbers and texts: cloning objects cost the main thread 15 % of a
 * purchase (5 us), a flat list costs 1.
 */
import type { LogEntry } from '@onsale/contract/entry'
import type { Change, Option, Outcome, SeatStates } from './ledger.ts'
import { SHARD } from './sqlite.store.ts'

export type Flat = (string | number)[]
/** Two numbers an outcome, and what does not fit into numbers, in order. */
export type FlatOutcomes = { numbers: number[]; rest: (string | SeatStates)[] }

const FROM = ['free', 'mine', 'either'] as const
const TO = ['held', 'sold', 'free'] as const
const NEVER = -1
/** First number of an outcome; the second is the position, or 0. `TAKEN` and above. */
const REPLAYED = -1
const TAKEN = -2
const KEY_REUSED = -3
const NOT_OPEN = -4

export function flatten(changes: readonly Change[]): Flat {
  const flat: Flat = [changes.length]
  for (const { zone, from, to, at, until, key, options } of changes) {
    flat.push(zone, FROM.indexOf(from), TO.indexOf(to), at, until ?? NEVER, key?.id ?? '', key?.fingerprint ?? '', options.length)
    for (const { seats, owners, mine, fact } of options)
      flat.push(seats.length, ...seats, owners.length, ...owners, mine?.length ?? 0, ...(mine ?? []), fact)
  }
  return flat
}

export function unflatten(flat: Flat): Change[] {
  let i = 0
  const number = (): number => flat[i++] as number
  const text = (): string => flat[i++] as string
  const some = <T extends string | number>(count: number): T[] => {
    i += count
    return flat.slice(i - count, i) as T[]
  }
  const changes: Change[] = []
  for (let left = number(); left > 0; left--) {
    const change = { zone: text(), from: FROM[number()], to: TO[number()], at: number() } as Omit<Change, 'options'>
    const until = number()
    if (until !== NEVER) change.until = until
    const key = { id: text(), fingerprint: text() }
    if (key.id) change.key = key
    const options: Option[] = []
    for (let n = number(); n > 0; n--) options.push({ seats: some(number()), owners: some(number()), mine: some(number()), fact: text() })
    changes.push({ ...change, options })
  }
  return changes
}

export function flattenOutcomes(outcomes: readonly Outcome[], changes: readonly Change[]): FlatOutcomes {
  const flat: FlatOutcomes = { numbers: [], rest: [] }
  outcomes.forEach((outcome, i) => {
    if (outcome.ok && !outcome.replayed)
      flat.numbers.push(
        (changes[i] as Change).options.findIndex(({ fact }) => fact === outcome.fact),
        outcome.position,
      )
    else if (outcome.ok) {
      flat.numbers.push(REPLAYED, outcome.position)
      flat.rest.push(outcome.fact)
    } else if (outcome.why === 'taken') {
      flat.numbers.push(TAKEN, 0)
      flat.rest.push(outcome.states)
    } else flat.numbers.push(outcome.why === 'key-reused' ? KEY_REUSED : NOT_OPEN, 0)
  })
  return flat
}

export function unflattenOutcomes({ numbers, rest }: FlatOutcomes, changes: readonly Change[]): Outcome[] {
  let r = 0
  return changes.map(({ options }, i) => {
    const code = numbers[i * 2] as number
    const position = numbers[i * 2 + 1] as number
    if (code >= 0) return { ok: true, shard: SHARD, position, fact: (options[code] as Option).fact, replayed: false }
    if (code === REPLAYED) return { ok: true, shard: SHARD, position, fact: rest[r++] as string, replayed: true }
    if (code === TAKEN) return { ok: false, why: 'taken', states: rest[r++] as SeatStates }
    return { ok: false, why: code === KEY_REUSED ? 'key-reused' : 'not-open' }
  })
}

export function flattenEntries(entries: readonly LogEntry[]): Flat {
  const flat: Flat = []
  for (const { position, was, fact } of entries) flat.push(position, was, fact)
  return flat
}

export function unflattenEntries(flat: Flat): LogEntry[] {
  const entries: LogEntry[] = []
  for (let i = 0; i < flat.length; i += 3)
    entries.push({ shard: SHARD, position: flat[i] as number, was: flat[i + 1] as string, fact: flat[i + 2] as string })
  return entries
}
