/**
 * What goes wrong in every round while a server is away would fill the log: the first is told, then once a minute how many there were, and at
 * the end that there are no more. Whoever reports a failure need not know of it, nor say when it works again.
 */
const TOLD_EVERY_MS = 60_000
/** The longest rest between two attempts is 5 s (a bus), the longest wait for an answer 10 s. */
const OVER_AFTER_MS = 15_000
const LOOK_MS = 1000
/** Reasons that are told apart; each may have a number in it that never comes again. */
const MOST_REASONS = 100

/** `times` since the first; `seconds` from the first to the last. */
export type Repeat = { what: string; error: unknown; times: number; seconds: number; isOver: boolean }
type Failure = { what: string; error: unknown; times: number; firstAt: number; lastAt: number; toldAt: number }

/** `tell` hears of what is due, as long as there is something to be told. */
export function createRepeats(tell: (repeat: Repeat) => void) {
  const failures = new Map<string, Failure>()
  let looking: NodeJS.Timeout | undefined

  const repeatOf = ({ what, error, times, firstAt, lastAt }: Failure, isOver: boolean): Repeat => ({
    what,
    error,
    times,
    seconds: Math.round((lastAt - firstAt) / 1000),
    isOver,
  })

  /** What is to be told by now. Whatever happened once was told. */
  function due(now: number): Repeat[] {
    const told: Repeat[] = []
    for (const [key, failure] of failures) {
      const isOver = now - failure.lastAt >= OVER_AFTER_MS
      if (isOver) failures.delete(key)
      else if (now - failure.toldAt < TOLD_EVERY_MS) continue
      failure.toldAt = now
      if (failure.times > 1) told.push(repeatOf(failure, isOver))
    }
    return told
  }

  function look(): void {
    due(Date.now()).forEach(tell)
    if (failures.size > 0) return
    clearInterval(looking)
    looking = undefined
  }

  return {
    due,
    /** Whether it is the first of its kind, which is to be told at once. */
    isFirst(what: string, error: unknown, now: number): boolean {
      looking ??= setInterval(look, LOOK_MS).unref()
      const key = `${what}: ${error instanceof Error ? error.message : error}`
      const known = failures.get(key)
      if (known) {
        Object.assign(known, { error, times: known.times + 1, lastAt: now })
        return false
      }
      const [oldest] = failures.keys()
      if (oldest !== undefined && failures.size >= MOST_REASONS) failures.delete(oldest)
      failures.set(key, { what, error, times: 1, firstAt: now, lastAt: now, toldAt: now })
      return true
    },
  }
}
