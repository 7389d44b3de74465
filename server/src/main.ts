/** config -> adapters -> the roles named -> one HTTP server; on a signal, everything stops in reverse order. */
import { ConfigError, keepCompiledCode, readConfig } from './config.ts'

keepCompiledCode()
// Late, so that it is loaded from what was kept.
const { startPlatform } = await import('./platform.ts')

try {
  const platform = await startPlatform(readConfig())
  console.log(`Onsale is open at ${platform.url}`)
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void platform.stop().then(() => process.exit(0), die))
} catch (error) {
  die(error instanceof ConfigError ? error.message : error)
}

function die(error: unknown): never {
  console.error(error)
  process.exit(1)
}
