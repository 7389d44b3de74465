/** The only waiting in tests: for a fact, with a deadline. */
import { setTimeout as pause } from 'node:timers/promises'

const LOOK_EVERY_MS = 5

/** Resolves with what `fact` gives once it is neither undefined nor false. Throws with `what` when it does not come in time. */
export async function until<T>(
  what: string,
  fact: () => T | undefined | false | Promise<T | undefined | false>,
  withinMs = 60_000,
): Promise<T> {
  const deadline = performance.now() + withinMs
  for (;;) {
    const found = await fact()
    if (found !== undefined && found !== false) return found
    if (performance.now() > deadline) throw new Error(`Not within ${withinMs} ms: ${what}`)
    await pause(LOOK_EVERY_MS)
  }
}
