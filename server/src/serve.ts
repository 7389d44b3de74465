/** config -> adapters -> the roles named -> one HTTP server; on a signal, everything stops in reverse order. */
import { format } from 'node:util'
import { ConfigError, type Environment, readConfig } from './config.ts'
import { startMovable } from './move/movable.ts'
import type { Platform } from './platform.ts'
import { hiding } from './telemetry/secrets.ts'

/** Whatever cannot be finished by then is in the log, and others carry it on. */
export const STOP_WITHIN_MS = 20_000
/** Ctrl+C under npm comes twice, from the terminal and from npm. A person is slower. */
const SAME_SIGNAL_MS = 500

let hide = (text: string): string => text

/** `samples`: the folder that is imported when the database is new. */
export async function serve(environment?: Environment, samples?: string): Promise<void> {
  // Node would print the whole error, with all that a driver put into it.
  process.on('uncaughtException', die)
  try {
    const config = readConfig(environment)
    hide = hiding(config.secrets)
    const platform = await startMovable(config, samples)
    const isStopping = stopOnSignals(platform)
    await platform.opened
    if (!isStopping()) console.log(`Onsale is open at ${platform.url}`)
  } catch (error) {
    die(error instanceof ConfigError ? error.message : `Onsale cannot start: ${reasonOf(error)}`)
  }
}

function stopOnSignals(platform: Platform): () => boolean {
  let stoppingSinceMs: number | undefined
  const stop = (): void => {
    if (stoppingSinceMs !== undefined) {
      if (performance.now() - stoppingSinceMs > SAME_SIGNAL_MS) die('Onsale ends at once, as it was told twice.')
      return
    }
    stoppingSinceMs = performance.now()
    setTimeout(die, STOP_WITHIN_MS, `Onsale could not stop within ${STOP_WITHIN_MS / 1000} s.`).unref()
    platform.stop().then(() => process.exit(0), die)
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, stop)
  return () => stoppingSinceMs !== undefined
}

function die(error: unknown): never {
  console.error(hide(format(error)))
  process.exit(1)
}

/** One line for a person; the stack only of what is our own mistake. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if ('code' in error && error.code === 'EADDRINUSE') return `the port is taken (${error.message}). Give another one: PORT=8081 npm start`
  return 'code' in error || /in use by another process|was moved|format/.test(error.message)
    ? error.message
    : (error.stack ?? error.message)
}
