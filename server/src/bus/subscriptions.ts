/** The subscriptions of a bus outside the process: each is followed until it is let go, and begun anew with growing rests whenever it breaks. */
import { setTimeout as wait } from 'node:timers/promises'
import type { Subscription } from './bus.ts'

const RETRY_MS = { first: 200, most: 5000 }

/** What one attempt says of itself. */
export type Attempt = {
  leaving: AbortSignal
  /** It receives, or has found again what it receives from. */
  works(): void
  /** It does not, and goes on trying. */
  fails(error: unknown): void
}

export function createSubscriptions(onError: (error: unknown) => void) {
  const all = new Set<Subscription>()

  /** Resolves when the first attempt works or has failed: a server that is away at the start is waited for, not died of. */
  async function open(follow: (attempt: Attempt) => Promise<void>): Promise<Subscription> {
    const letGo = new AbortController()
    const leaving = letGo.signal
    const begun = Promise.withResolvers<void>()
    let fault: string | undefined
    const attempt: Attempt = {
      leaving,
      works() {
        fault = undefined
        begun.resolve()
      },
      fails(error) {
        if (leaving.aborted) return
        fault = error instanceof Error ? error.message : String(error)
        onError(error)
        begun.resolve()
      },
    }
    const running = (async () => {
      for (let restMs = RETRY_MS.first; !leaving.aborted; restMs = Math.min(restMs * 2, RETRY_MS.most)) {
        const startedAt = Date.now()
        await follow(attempt).catch(attempt.fails)
        if (Date.now() - startedAt > RETRY_MS.most * 2) restMs = RETRY_MS.first
        await wait(restMs, undefined, { signal: leaving }).catch(() => undefined)
      }
    })()
    await begun.promise
    const subscription: Subscription = {
      fault: () => fault,
      async [Symbol.asyncDispose]() {
        letGo.abort()
        await running
        all.delete(subscription)
      },
    }
    all.add(subscription)
    return subscription
  }

  return {
    open,
    async close() {
      await Promise.all([...all].map((subscription) => subscription[Symbol.asyncDispose]()))
    },
  }
}
