/** Deliveries to a subscriber, and what they teach: what is settled, and whether anything passes at all. */
import { asReplayed } from '@onsale/contract/entry'
import type { Carried } from './intake.ts'

export type Attempts<T extends Carried> = {
  /** What was put and is not settled. */
  open: Set<T>
  /** How many were taken so far, repeats of the witness not counted. */
  taken(): number
  /** Delivers them; the error when they are rejected. */
  attempt(items: readonly T[]): Promise<Error | undefined>
  /** Whether the subscriber takes anything now: a message that was taken before, or else any of `batch` by itself. */
  passes(batch: readonly T[]): Promise<boolean>
  settled(items: readonly T[]): Promise<void>
}

type Options<T> = {
  deliver: (bodies: string[]) => Promise<void>
  settle: (items: readonly T[]) => Promise<void>
  onError: (error: unknown) => void
  leaving: AbortSignal
}

export function createAttempts<T extends Carried>({ deliver, settle, onError, leaving }: Options<T>): Attempts<T> {
  const open = new Set<T>()
  let taken = 0
  let witness: string | undefined

  async function attempt(items: readonly T[]): Promise<Error | undefined> {
    if (leaving.aborted) return new Error('The subscriber leaves.')
    try {
      await deliver(items.map(({ body, isReplay }) => (isReplay ? asReplayed(body) : body)))
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error))
    }
    taken += items.length
    witness = items[0]?.body
    await settled(items)
    return undefined
  }

  async function passes(batch: readonly T[]): Promise<boolean> {
    if (leaving.aborted) return false
    const any = batch[Math.floor(Math.random() * batch.length)]
    if (witness === undefined) return batch.length > 1 && any !== undefined && (await attempt([any])) === undefined
    return deliver([witness]).then(
      () => true,
      () => false,
    )
  }

  /** What the bus does not hear of now it delivers again, which changes nothing. */
  async function settled(items: readonly T[]): Promise<void> {
    for (const item of items) open.delete(item)
    await settle(items).catch(onError)
  }

  return { open, taken: () => taken, attempt, passes, settled }
}
