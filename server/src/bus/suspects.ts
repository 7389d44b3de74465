/**
 * The few messages that were refused although others passed: tried again alone with growing rests, and buried after `tries` that count.
 * A buried entry leaves a stand-in for its place in the log (`setAside` in contract/src/entry.ts), so that what lies behind it is applied.
 */
import { hostname } from 'node:os'
import { setAside } from '@onsale/contract/entry'
import type { Attempts } from './attempts.ts'
import type { Death } from './bus.ts'
import type { Carried } from './intake.ts'

/** More culprits than this are a fault of something else: nothing new is judged until one of them is settled. */
const MOST_SUSPECTS = 100
/** The relay publishes a buried entry every five seconds, as long as it is not stored: it is buried once. */
const BURIED_KEPT = 10_000

type Suspect<T> = { item: T; error: Error; tries: number; takenBefore: number; dueAt: number; retryMs: number; isBuried: boolean }

type Options<T> = {
  deliver: (bodies: string[]) => Promise<void>
  bury: (item: T, error: Error) => Promise<void>
  onError: (error: unknown) => void
  leaving: AbortSignal
  tries: number
  retryMs: { first: number; most: number }
}

export type Suspects<T> = {
  /** False when it cannot be held as one. `takenBefore`: how many were taken before it first failed. */
  hold(item: T, error: Error, takenBefore: number): Promise<boolean>
  /** Tries those that are due. */
  retry(): Promise<void>
  /** When the next one is due, ms; infinite without any. */
  dueAt(): number
}

/** What is kept beside a dead letter, as texts: headers on Kafka, attributes on SQS. */
export const deathOf = (error: Error, tries: number): Record<keyof Death, string> => ({
  error: reasonOf(error),
  tries: String(tries),
  setAsideOn: new Date().toISOString(),
  by: hostname(),
})

export const readDeath = (label: (name: keyof Death) => string | undefined): Death => ({
  error: label('error') ?? '',
  tries: Number(label('tries') ?? 0),
  setAsideOn: label('setAsideOn') ?? '',
  by: label('by') ?? '',
})

/** SQS refuses control characters in attributes. */
function reasonOf({ message, name }: Error): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
  return (message || name).replace(/[\u0000-\u001f\ufffe\uffff]+/g, ' ').slice(0, 1000)
}

export function createSuspects<T extends Carried>(
  { taken, attempt, passes, settled }: Attempts<T>,
  { deliver, bury, onError, leaving, tries, retryMs }: Options<T>,
): Suspects<T> {
  const suspects = new Map<string, Suspect<T>>()
  const buried = new Set<string>()

  async function hold(item: T, error: Error, takenBefore: number): Promise<boolean> {
    if (!item.isReplay && (suspects.has(item.body) || buried.has(item.body))) {
      await settled([item])
      return true
    }
    if (suspects.size >= MOST_SUSPECTS || leaving.aborted) return false
    const dueAt = Date.now() + retryMs.first
    suspects.set(item.body, { item, error, tries: 1, takenBefore, dueAt, retryMs: retryMs.first, isBuried: false })
    return true
  }

  async function retry(): Promise<void> {
    for (const [body, each] of suspects) {
      if (each.dueAt > Date.now() || leaving.aborted) continue
      const error = each.tries < tries ? await attempt([each.item]) : each.error
      if (!error) {
        suspects.delete(body)
        continue
      }
      each.error = error
      each.retryMs = Math.min(each.retryMs * 2, retryMs.most)
      each.dueAt = Date.now() + each.retryMs
      if (taken() === each.takenBefore || !(await passes([]))) continue
      each.tries++
      if (each.tries >= tries) await entomb(each).catch(onError)
    }
  }

  /** The letter first: should this end in between, the entry comes again and makes a second letter, of which one is applied. */
  async function entomb(suspect: Suspect<T>): Promise<void> {
    const { item, error } = suspect
    if (!suspect.isBuried) await bury(item, error)
    suspect.isBuried = true
    const standIn = setAside(item.body, reasonOf(error))
    if (standIn) await deliver([standIn])
    suspects.delete(item.body)
    buried.add(item.body)
    if (buried.size > BURIED_KEPT) buried.delete(buried.values().next().value as string)
    onError(new Error(`A message was refused ${tries} times and lies among the dead letters.`, { cause: error }))
    await settled([item])
  }

  return { hold, retry, dueAt: () => Math.min(...[...suspects.values()].map(({ dueAt }) => dueAt)) }
}
