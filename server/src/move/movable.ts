/**
 * A box office that can be moved to other engines while it serves. What serves after the move is started anew on the new engines, in the
 * same process and on the same listening socket, so that no role has to change its engines under way and no connection is lost.
 */
import { setTimeout as wait } from 'node:timers/promises'
import { type Adapters, createAdapters } from '../adapters.ts'
import { type Config, isEmbedded } from '../config.ts'
import { type Platform, startPlatform } from '../platform.ts'
import { type Destination, listenForMoves } from './line.ts'
import { LeftBehind, type Moved, move, type Step } from './move.ts'
import { withoutPassword, writeNote } from './note.ts'

/** The new roles have to be ready by then, so that nobody is refused for longer than two seconds. */
const READY_WITHIN_MS = 1500
/** Joining a bus takes seconds; nobody waits for it. */
const PREPARED_WITHIN_MS = 60_000
/** Requests that came before the switch; a reader waits two seconds at most. */
const ANSWERED_WITHIN_MS = 2500

export async function startMovable(config: Config, samples?: string): Promise<Platform> {
  let current = await startPlatform(config, samples)
  if (!isEmbedded(config) || !config.roles.includes('purchase')) return current

  async function moveTo(to: Destination, tell: (step: Step) => void, signal: AbortSignal): Promise<Moved> {
    const old = current
    await old.opened
    const next = prepared({ ...config, ...to }, old, samples)
    const shown = { ledgerUrl: withoutPassword(to.ledgerUrl), databaseUrl: withoutPassword(to.databaseUrl) }
    try {
      const source = { ledger: await old.adapters.ledger(), sql: await old.adapters.sql() }
      const target = { ledger: await next.adapters.ledger(), sql: await next.adapters.sql() }
      const { pausedAt, ...moved } = await move({ source, target, to: shown, signal, tell, prepare: next.prepare, ready: next.ready })
      current = next.platform()
      const taken = current.takeOver(old, ANSWERED_WITHIN_MS)
      taken.catch((error: unknown) => process.emitWarning(`The old engines could not be let go of: ${error}`))
      const pausedMs = Math.round(performance.now() - pausedAt)
      await writeNote(config.dataDir, { at: new Date().toISOString(), from: config, to: shown })
      return { ...moved, pausedMs }
    } catch (error) {
      if (error instanceof LeftBehind) endProcess(error)
      else await next.abandon(error)
      throw error
    }
  }

  const line = await listenForMoves(config.dataDir, moveTo).catch((error: unknown) => {
    process.emitWarning(`This box office cannot be moved while it serves: ${error instanceof Error ? error.message : error}`)
    return undefined
  })
  return {
    ...current,
    get adapters() {
      return current.adapters
    },
    get config() {
      return current.config
    },
    async stop() {
      await line?.close()
      await current.stop()
    },
  }
}

/** What will serve the new engines: everything of it but the sale is opened while the old one sells. */
function prepared(config: Config, old: Platform, samples: string | undefined) {
  const adapters = createAdapters(config, old.report)
  const [asked, complete] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  complete.promise.catch(() => undefined)
  let platform: Platform | undefined
  /** The purchase role opens last, and waits here for a ledger that is complete. */
  const gated: Adapters = {
    ...adapters,
    ledger() {
      asked.resolve()
      return complete.promise.then(() => adapters.ledger())
    },
  }
  return {
    adapters,
    platform: () => platform as Platform,
    async prepare() {
      platform = await startPlatform(config, samples, { server: old.server, report: old.report, adapters: gated })
      await within(asked.promise, PREPARED_WITHIN_MS, 'what serves the new engines')
    },
    async ready() {
      complete.resolve()
      await within((platform as Platform).opened, READY_WITHIN_MS, 'the sale on the new engines')
    },
    async abandon(error: unknown) {
      complete.reject(error)
      if (platform) await platform.leave()
      else await adapters.close()
    },
  }
}

async function within<T>(work: Promise<T>, ms: number, what: string): Promise<T> {
  const late = wait(ms, undefined, { ref: false }).then(() => {
    throw new Error(`Not ready within ${ms / 1000} s: ${what}.`)
  })
  return Promise.race([work, late])
}

/** The old ledger is left for ever: what goes on here can only refuse. A start with the new addresses mends it. */
function endProcess(error: Error): void {
  setImmediate(() => {
    throw error
  })
}
