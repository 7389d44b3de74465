/** config -> adapters -> the roles named -> one HTTP server; on a signal, everything stops in reverse order. */
import { format } from 'node:util'
import { type Config, ConfigError, type Environment, readConfig } from './config.ts'
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
  let config: Config | undefined
  try {
    config = readConfig(environment)
    hide = hiding(config.secrets)
    const platform = await startMovable(config, samples)
    const isStopping = stopOnSignals(platform)
    await platform.opened
    if (!isStopping()) console.log(`Onsale is open at ${platform.url}`)
  } catch (error) {
    die(error instanceof ConfigError ? error.message : `Onsale cannot start: ${reasonOf(error, config)}`)
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
    console.log(
      `Onsale stops: it serves on for ${platform.config.drainMs} ms, finishes what is under way, and ends. Once more ends it at once.`,
    )
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
function reasonOf(error: unknown, config: Config | undefined): string {
  if (!(error instanceof Error)) return String(error)
  const listening = config && listeningReason(error, config)
  if (listening) return listening
  return 'code' in error || /in use by another process|was moved|format/.test(error.message)
    ? error.message
    : (error.stack ?? error.message)
}

type ListenError = Error & { code?: string; syscall?: string; port?: number; hostname?: string }

/** Which setting it is that keeps the server from listening, and what would do. */
function listeningReason({ code, syscall, port, hostname, message }: ListenError, { host, metricsPort }: Config): string | null {
  if (syscall !== 'listen' && hostname !== host) return null
  const name = port !== undefined && port === metricsPort ? 'METRICS_PORT' : 'PORT'
  if (code === 'EADDRINUSE')
    return name === 'PORT'
      ? `the port is taken (${message}). Give another one: PORT=8081 npm start`
      : `METRICS_PORT=${port} is taken (${message}). Give another one.`
  if (code === 'EACCES') return `${name}=${port} may not be opened by this user (${message}). Give one of 1024 or more: PORT=8080 npm start`
  return `HOST=${host} is no address of this machine (${message}). Take 0.0.0.0 for all of them, or 127.0.0.1 to be seen from here alone.`
}
