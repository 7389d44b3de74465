/**
 * Between an outside bus and a subscriber: gathers what comes into large deliveries, tries again what is rejected, and finds the few
 * messages that are at fault without ever mistaking a database that is away for a fault of the messages.
 *
 * - A batch that is rejected is delivered in halves until the culprits stand alone, so that the others pass at once. But first it is seen
 *   whether anything passes at all: a message that was taken before is delivered again, which changes nothing (without one, any of the
 *   batch by itself). When that is rejected too, everything waits together.
 * - A culprit is tried again with growing rests (`suspects.ts`). A try counts only when other, new messages were taken since it first
 *   failed AND the repeat passes right after it. Without the first rule a forgotten migration, which lets repeats pass and rejects all that
 *   is new, would bury a whole on-sale; without the second, a database that goes away in between would.
 * - After `tries` that count it goes to the dead letters. The last message of a quiet night is thus kept until the next one comes.
 */
import { setTimeout as wait } from 'node:timers/promises'
import { type Attempts, createAttempts } from './attempts.ts'
import { createSuspects, type Suspects } from './suspects.ts'

/** The more entries the projector stores at once, the fewer pages it writes for each: see memory.ts. */
const BATCH = 2000
/** More than this and whoever puts is to wait. */
const MOST_WAITING = 4000

/** `isReplay`: it comes from the dead letters, and says so to the subscriber. */
export type Carried = { body: string; isReplay: boolean }

export type IntakeOptions<T extends Carried> = {
  deliver: (bodies: string[]) => Promise<void>
  /** The bus may forget them: they were taken, or lie among the dead letters. */
  settle: (items: readonly T[]) => Promise<void>
  bury: (item: T, error: Error) => Promise<void>
  onError: (error: unknown) => void
  /** How often a culprit is tried alone before it is buried. */
  tries: number
  retryMs: { first: number; most: number }
}

export type Intake<T extends Carried> = {
  /** False: the subscriber is behind; go on when there is `room`. */
  put(items: readonly T[]): boolean
  room(): Promise<void>
  /** What was put and is not settled. */
  open: ReadonlySet<T>
  /** Waits for the delivery under way, which is the last. What is still open then was not taken. */
  stop(): Promise<void>
}

export function createIntake<T extends Carried>(options: IntakeOptions<T>): Intake<T> {
  const stopping = new AbortController()
  const leaving = stopping.signal
  const attempts = createAttempts<T>({ ...options, leaving })
  const suspects = createSuspects<T>(attempts, { ...options, leaving })
  const queue = createQueue<T>()
  const { retryMs } = options

  async function run(): Promise<void> {
    let left: T[] = []
    for (let restMs = retryMs.first; !leaving.aborted; ) {
      // Whoever waits gets company: one message alone cannot show whether anything passes.
      const batch = [...left, ...queue.take(BATCH - left.length)]
      left = batch.length > 0 ? await offer(batch, attempts, suspects, options.onError) : []
      await suspects.retry()
      if (left.length > 0) {
        await rest(restMs)
        restMs = Math.min(restMs * 2, retryMs.most)
        continue
      }
      restMs = retryMs.first
      if (queue.isEmpty() && !leaving.aborted) await nextThing()
    }
  }

  function nextThing(): Promise<void> {
    const due = suspects.dueAt()
    const awake = queue.filled()
    return due === Number.POSITIVE_INFINITY ? awake : Promise.race([awake, rest(Math.max(due - Date.now(), 0))])
  }

  const rest = (ms: number): Promise<void> => wait(ms, undefined, { signal: leaving }).catch(() => undefined)

  const running = run()

  return {
    open: attempts.open,
    put(items) {
      for (const item of items) attempts.open.add(item)
      return queue.put(items)
    },
    async room() {
      if (!leaving.aborted) await queue.room()
    },
    async stop() {
      stopping.abort()
      queue.clear()
      await running
    },
  }
}

/** Returns what could not be judged, because nothing passes. */
async function offer<T extends Carried>(
  batch: T[],
  attempts: Attempts<T>,
  suspects: Suspects<T>,
  onError: (error: unknown) => void,
): Promise<T[]> {
  const takenBefore = attempts.taken()
  const error = await attempts.attempt(batch)
  if (!error) return []
  onError(error)
  if (!(await attempts.passes(batch))) return batch.filter((item) => attempts.open.has(item))
  return sift(batch, error)

  async function sift(part: T[], error: Error): Promise<T[]> {
    const items = part.filter((item) => attempts.open.has(item))
    if (items.length === 0) return []
    if (items.length === 1) return (await suspects.hold(items[0] as T, error, takenBefore)) ? [] : items
    const half = Math.ceil(items.length / 2)
    const failed: { part: T[]; error: Error }[] = []
    for (const part of [items.slice(0, half), items.slice(half)]) {
      const failure = await attempts.attempt(part)
      if (failure) failed.push({ part, error: failure })
    }
    // Both: two culprits, or the database went away a moment ago.
    if (failed.length === 2 && !(await attempts.passes([]))) return items
    const left: T[] = []
    for (const each of failed) left.push(...(await sift(each.part, each.error)))
    return left
  }
}

/** What waits for the subscriber, and whoever waits for room. */
function createQueue<T>() {
  const waiting: T[] = []
  let room: (() => void)[] = []
  let wake = (): void => {}

  function makeRoom(): void {
    if (waiting.length >= MOST_WAITING) return
    for (const go of room) go()
    room = []
  }

  return {
    /** False when it is full. */
    put(items: readonly T[]): boolean {
      for (const item of items) waiting.push(item)
      wake()
      return waiting.length < MOST_WAITING
    },
    take(most: number): T[] {
      const taken = waiting.splice(0, most)
      makeRoom()
      return taken
    },
    isEmpty: () => waiting.length === 0,
    filled: () =>
      new Promise<void>((resolve) => {
        wake = resolve
      }),
    async room() {
      if (waiting.length >= MOST_WAITING) await new Promise<void>((resolve) => room.push(resolve))
    },
    clear() {
      waiting.length = 0
      wake()
      makeRoom()
    },
  }
}
