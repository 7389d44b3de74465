/**
 * A box office that can be moved to other engines while it serves. What serves after the move is started anew on the new engines, in the
 * same process and on the same listening socket, so that no role has to change its engines under way and no connection is lost.
 */
import { setTimeout as wait } from 'node:timers/promises'
import { openLedger, openSql } from '../adapters.ts'
import { reasonOf } from '../checks.ts'
import { type Config, isEmbedded, secretsOf } from '../config.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { type Platform, startPlatform } from '../platform.ts'
import { hiding } from '../telemetry/secrets.ts'
import { type Destination, listenForMoves } from './line.ts'
import { type Halves, LeftBehind, type Moved, move, type Step } from './move.ts'
import { type Note, placeOf, writeNote } from './note.ts'
import { unfinishedMove } from './unfinished.ts'

/** The new roles have to be ready by then, so that nobody is refused for longer than two seconds. */
const READY_WITHIN_MS = 1500
/** Joining a bus takes seconds; nobody waits for it. */
const PREPARED_WITHIN_MS = 60_000
/** Requests that came before the switch; a reader waits two seconds at most. */
const ANSWERED_WITHIN_MS = 2500

export async function startMovable(config: Config, samples?: string): Promise<Platform> {
  let current = await startPlatform(config, samples, await unfinishedMove(config))
  if (!isEmbedded(config) || !config.roles.includes('purchase')) return current

  async function moveTo(to: Destination, tell: (step: Step) => void, signal: AbortSignal): Promise<Moved> {
    const old = current
    await old.opened
    const there: Config = { ...config, ...to }
    there.secrets = secretsOf(there)
    const next = heirOf(old, there, samples)
    const shown = placeOf(to)
    const note = (isOpened: boolean): Note => ({ at: new Date().toISOString(), from: config, to: shown, isOpened })
    const target = await openHalves(to)
    try {
      const source = { ledger: await old.adapters.ledger(), sql: await old.adapters.sql() }
      const ready = async (): Promise<void> => {
        await next.ready()
        await writeNote(config.dataDir, note(false))
      }
      const { pausedAt, ...moved } = await move({ source, target, to: shown, signal, tell, prepare: next.prepare, ready })
      current = next.platform()
      const taken = current.takeOver(old, ANSWERED_WITHIN_MS)
      taken.catch((error: unknown) => process.emitWarning(`The old engines could not be let go of: ${error}`))
      const pausedMs = Math.round(performance.now() - pausedAt)
      await writeNote(config.dataDir, note(true))
      return { ...moved, pausedMs }
    } catch (error) {
      if (error instanceof LeftBehind) endProcess(error)
      else await next.abandon(error)
      throw new Error(hiding(there.secrets)(reasonOf(error)), { cause: error })
    } finally {
      await Promise.all([target.ledger.close(), target.sql.close()])
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

/** Its own connections to where the copy goes; what serves there later has others, which its report watches. */
async function openHalves({ ledgerUrl, databaseUrl }: Destination): Promise<Halves> {
  const sql = await openSql(databaseUrl)
  try {
    return { sql, ledger: await openLedger(ledgerUrl) }
  } catch (error) {
    await sql.close()
    throw error
  }
}

/** What will serve the new engines: everything of it but the sale is opened while the old one sells. */
function heirOf(old: Platform, config: Config, samples: string | undefined) {
  const [asked, complete] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  complete.promise.catch(() => undefined)
  let platform: Platform | undefined
  /** The purchase role opens last, and waits here for a ledger that is complete. */
  const hold = async (ledger: Ledger): Promise<Ledger> => {
    asked.resolve()
    await complete.promise
    return ledger
  }
  return {
    platform: () => platform as Platform,
    async prepare() {
      platform = await startPlatform(config, samples, { server: old.server, hold })
      await within(asked.promise, PREPARED_WITHIN_MS, 'what serves the new engines')
    },
    async ready() {
      complete.resolve()
      await within((platform as Platform).opened, READY_WITHIN_MS, 'the sale on the new engines')
    },
    async abandon(error: unknown) {
      complete.reject(error)
      await platform?.leave()
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
