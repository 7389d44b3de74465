/** config -> adapters -> the roles named -> one HTTP server; on a signal, everything stops in reverse order. */
import { format } from 'node:util'
import { ConfigError, keepCompiledCode, readConfig } from './config.ts'
import { hiding } from './telemetry/secrets.ts'

keepCompiledCode()
// Late, so that it is loaded from what was kept.
const { startPlatform } = await import('./platform.ts')

let hide = (text: string): string => text
// Node would print the whole error, with all that a driver put into it.
process.on('uncaughtException', die)
try {
  const config = readConfig()
  hide = hiding(config.secrets)
  const platform = await startPlatform(config)
  console.log(`Onsale is open at ${platform.url}`)
  // Ctrl+C under npm may arrive twice; stopping once is enough.
  let stopping = false
  const stop = (): void => {
    if (stopping) return
    stopping = true
    platform.stop().then(() => process.exit(0), die)
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, stop)
} catch (error) {
  die(error instanceof ConfigError ? error.message : `Onsale cannot start: ${reasonOf(error)}`)
}

function die(error: unknown): never {
  console.error(hide(format(error)))
  process.exit(1)
}

/** One line for a person; the stack only of what is our own mistake. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if ('code' in error && error.code === 'EADDRINUSE') return `the port is taken (${error.message}). Give another one: PORT=8081 npm start`
  return 'code' in error || /in use by another process|format/.test(error.message) ? error.message : (error.stack ?? error.message)
}
