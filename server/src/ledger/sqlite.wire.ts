/**
 * Commits between the main thread and the ledger's. A batch travels as one text: cloning a list of change objects cost the main thread
 * 5 us a purchase, a flat list of their parts 3, one text costs 1.
 */
import type { LogEntry } from '@onsale/contract/entry'
import type { Change, Option, Outcome, SeatStates } from './ledger.ts'
import { SHARD } from './sqlite.store.ts'

type Parts = [
  zone: string,
  from: Change['from'],
  to: Change['to'],
  at: number,
  until: number | null,
  keyId: string | null,
  fingerprint: string | null,
  options: [seats: readonly number[], owners: readonly string[], mine: readonly string[] | null][],
]

/** First line: everything but the facts. Then a line for each option's fact. */
export function formatChanges(changes: readonly Change[]): string {
  const parts: Parts[] = []
  let facts = ''
  for (const { zone, from, to, at, until, key, options } of changes) {
    const sets: Parts[7] = []
    for (const { seats, owners, mine, fact } of options) {
      sets.push([seats, owners, mine ?? null])
      facts += `\n${fact}`
    }
    parts.push([zone, from, to, at, until ?? null, key?.id ?? null, key?.fingerprint ?? null, sets])
  }
  return JSON.stringify(parts) + facts
}

export function parseChanges(text: string): Change[] {
  const [parts, ...facts] = text.split('\n') as [string, ...string[]]
  let n = 0
  return (JSON.parse(parts) as Parts[]).map(([zone, from, to, at, until, id, fingerprint, sets]) => {
    const options = sets.map(([seats, owners, mine]): Option => ({ seats, owners, ...(mine && { mine }), fact: facts[n++] as string }))
    const change: Change = { zone, from, to, at, options }
    if (until !== null) change.until = until
    if (id !== null) change.key = { id, fingerprint: fingerprint as string }
    return change
  })
}

/** Two numbers an outcome, and what does not fit into numbers, in order. */
export type FlatOutcomes = { numbers: number[]; rest: (string | SeatStates)[] }

/** First number of an outcome: the option taken, or one of these. The second is the position, or 0. */
const REPLAYED = -1
const TAKEN = -2
const KEY_REUSED = -3
const NOT_OPEN = -4

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

/** The entries of a read as one text: their positions follow each other, so the first is enough. Lists of parts cost the main thread 2 us an entry more. */
export function formatEntries(entries: readonly LogEntry[]): string {
  let text = String(entries[0]?.position ?? '')
  for (const { body } of entries) text += `\n${body}`
  return text
}

export function parseEntries(text: string): LogEntry[] {
  const [first, ...bodies] = text.split('\n')
  return bodies.map((body, i) => ({ shard: SHARD, position: Number(first) + i, body }))
}
