/** The dead letters of a bus, opened for one command. */
import { createHash } from 'node:crypto'
import { openBus } from '@onsale/server/adapters'
import type { DeadLetter, DeadLetters } from '@onsale/server/bus/bus'
import type { Row } from './table.ts'

/** A bus keeps at most so many in one look. */
export const MOST_LISTED = 1000

/** Opens, works and closes. Undefined for a bus that has none. */
export async function withDeadLetters<T>(url: string, work: (deadLetters: DeadLetters) => Promise<T>): Promise<T | undefined> {
  const bus = await openBus(url, () => {})
  try {
    return bus.deadLetters && (await work(bus.deadLetters))
  } finally {
    await bus.close()
  }
}

/** A name that stays: buses number them anew at each look. */
export const nameOf = ({ body }: DeadLetter): string => createHash('sha256').update(body).digest('hex').slice(0, 10)

/** What a line of a table has room for. What is no entry has only its error. */
export function rowOf(letter: DeadLetter): Row {
  const { position = null, kind = null, eventId = null } = entryIn(letter.body)
  const { shard, tries, setAsideOn, by, error } = letter
  return { letter: nameOf(letter), shard, position, kind, eventId, tries, setAsideOn, by, error }
}

type Known = { position?: number; kind?: string; eventId?: string }

export function entryIn(body: string): Known {
  try {
    return Object(JSON.parse(body)) as Known
  } catch {
    return {}
  }
}
