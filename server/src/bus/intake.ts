/**
 * Between an outside bus and a subscriber: gathers what comes into large deliveries, tries again what is rejected, and finds the few
 * messages that are at fault without ever mistaking a database that is away for a fault of the messages.
 *
 * - A batch that is rejected is delivered in halves until the culprits stand alone, so that the others pass at once. But first it is seen
 *   whether anything passes at all: a message that was taken before is delivered again, which changes nothing (without one, any of the
 *   batch by itself). When that is rejected too, everything waits together.
 * - A culprit is tried again with growing rests. A try counts only when other, new messages were taken since it first failed AND the
 *   repeat passes right after it. Without the first rule a forgotten migration, which lets repeats pass and rejects all that is new, would
 *   bury a whole on-sale; without the second, a database that goes away in between would.
 * - After `tries` that count it goes to the dead letters. The last message of a quiet night is thus kept until the next one comes.
 */
import { setTimeout as wait } from 'node:timers/promises'

/** The more entries the projector stores at once, the fewer pages it writes for each: see memory.ts. */
const BATCH = 2000
/** More than this and whoever puts is to wait. */
const MOST_WAITING = 4000
/** More culprits than this are a fault of something else: nothing new is judged until one of them is settled. */
const MOST_SUSPECTS = 100
/** The relay publishes a buried entry every five seconds, as long as it is not stored: it is buried once. */
const BURIED_KEPT = 10_000

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

type Suspect<T> = { item: T; error: Error; tries: number; takenBefore: number; dueAt: number; retryMs: number }

/** What is kept of an error beside a dead letter. SQS refuses control characters in attributes. */
export function reasonOf({ message, name }: Error): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
  return (message || name).replace(/[\u0000-\u001f\ufffe\uffff]+/g, ' ').slice(0, 1000)
}

export function createIntake<T extends Carried>({ deliver, settle, bury, onError, tries, retryMs }: IntakeOptions<T>): Intake<T> {
  const open = new Set<T>()
  const waiting: T[] = []
  const suspects = new Map<string, Suspect<T>>()
  const buried = new Set<string>()
  const stopping = new AbortController()
  let room: (() => void)[] = []
  let wake = (): void => {}
  let taken = 0
  let witness: string | undefined

  async function run(): Promise<void> {
    let left: T[] = []
    for (let restMs = retryMs.first; !stopping.signal.aborted; ) {
      // Whoever waits gets company: one message alone cannot show whether anything passes.
      const batch = [...left, ...waiting.splice(0, BATCH - left.length)]
      makeRoom()
      left = batch.length > 0 ? await offer(batch) : []
      await retry()
      if (left.length > 0) {
        await rest(restMs)
        restMs = Math.min(restMs * 2, retryMs.most)
        continue
      }
      restMs = retryMs.first
      if (waiting.length === 0 && !stopping.signal.aborted) await nextThing()
    }
  }

  /** Returns what could not be judged, because nothing passes. */
  async function offer(batch: T[]): Promise<T[]> {
    const takenBefore = taken
    const error = await attempt(batch)
    if (!error) return []
    onError(error)
    if (!(await passes(batch))) return batch.filter((item) => open.has(item))
    return sift(batch, error, takenBefore)
  }

  async function sift(batch: T[], error: Error, takenBefore: number): Promise<T[]> {
    const items = batch.filter((item) => open.has(item))
    if (items.length === 0) return []
    if (items.length === 1) return (await suspect(items[0] as T, error, takenBefore)) ? [] : items
    const half = Math.ceil(items.length / 2)
    const failed: { part: T[]; error: Error }[] = []
    for (const part of [items.slice(0, half), items.slice(half)]) {
      const failure = await attempt(part)
      if (failure) failed.push({ part, error: failure })
    }
    // Both: two culprits, or the database went away a moment ago.
    if (failed.length === 2 && !(await passes([]))) return items
    const left: T[] = []
    for (const each of failed) left.push(...(await sift(each.part, each.error, takenBefore)))
    return left
  }

  /** False when it cannot be held as one. */
  async function suspect(item: T, error: Error, takenBefore: number): Promise<boolean> {
    if (!item.isReplay && (suspects.has(item.body) || buried.has(item.body))) {
      await settled([item])
      return true
    }
    if (suspects.size >= MOST_SUSPECTS || stopping.signal.aborted) return false
    suspects.set(item.body, { item, error, tries: 1, takenBefore, dueAt: Date.now() + retryMs.first, retryMs: retryMs.first })
    return true
  }

  async function retry(): Promise<void> {
    for (const [body, each] of suspects) {
      if (each.dueAt > Date.now() || stopping.signal.aborted) continue
      const error = each.tries < tries ? await attempt([each.item]) : each.error
      if (!error) {
        suspects.delete(body)
        continue
      }
      each.error = error
      each.retryMs = Math.min(each.retryMs * 2, retryMs.most)
      each.dueAt = Date.now() + each.retryMs
      if (taken === each.takenBefore || !(await passes([]))) continue
      each.tries++
      if (each.tries >= tries) await entomb(each).catch(onError)
    }
  }

  async function entomb({ item, error }: Suspect<T>): Promise<void> {
    await bury(item, error)
    suspects.delete(item.body)
    buried.add(item.body)
    if (buried.size > BURIED_KEPT) buried.delete(buried.values().next().value as string)
    onError(new Error(`A message was refused ${tries} times and lies among the dead letters.`, { cause: error }))
    await settled([item])
  }

  /** Whether the subscriber takes anything now. */
  async function passes(batch: T[]): Promise<boolean> {
    if (stopping.signal.aborted) return false
    const any = batch[Math.floor(Math.random() * batch.length)]
    if (witness === undefined) return batch.length > 1 && any !== undefined && (await attempt([any])) === undefined
    return deliver([witness]).then(
      () => true,
      () => false,
    )
  }

  async function attempt(items: T[]): Promise<Error | undefined> {
    if (stopping.signal.aborted) return new Error('The subscriber leaves.')
    try {
      await deliver(items.map(({ body }) => body))
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error))
    }
    taken += items.length
    witness = items[0]?.body
    await settled(items)
    return undefined
  }

  /** What the bus does not hear of now it delivers again, which changes nothing. */
  async function settled(items: readonly T[]): Promise<void> {
    for (const item of items) open.delete(item)
    await settle(items).catch(onError)
  }

  function nextThing(): Promise<void> {
    const due = Math.min(...[...suspects.values()].map(({ dueAt }) => dueAt))
    const awake = new Promise<void>((resolve) => {
      wake = resolve
    })
    return due === Number.POSITIVE_INFINITY ? awake : Promise.race([awake, rest(Math.max(due - Date.now(), 0))])
  }

  const rest = (ms: number): Promise<void> => wait(ms, undefined, { signal: stopping.signal }).catch(() => undefined)

  function makeRoom(): void {
    if (waiting.length >= MOST_WAITING) return
    for (const go of room) go()
    room = []
  }

  const running = run()

  return {
    open,
    put(items) {
      for (const item of items) {
        open.add(item)
        waiting.push(item)
      }
      wake()
      return waiting.length < MOST_WAITING
    },
    async room() {
      if (waiting.length >= MOST_WAITING && !stopping.signal.aborted) await new Promise<void>((resolve) => room.push(resolve))
    },
    async stop() {
      stopping.abort()
      wake()
      waiting.length = 0
      makeRoom()
      await running
    },
  }
}
