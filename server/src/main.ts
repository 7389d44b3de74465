/** config -> adapters -> the roles named -> one HTTP server; on a signal, everything stops in reverse order. */
import { ConfigError, readConfig } from './config.ts'
import { startPlatform } from './platform.ts'

try {
  const platform = await startPlatform(readConfig())
  console.log(`Onsale is open at ${platform.url}`)
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => {
      platform.stop().then(
        () => process.exit(0),
        (error: unknown) => {
          console.error(error)
          process.exit(1)
        },
      )
    })
} catch (error) {
  console.error(error instanceof ConfigError ? error.message : error)
  process.exit(1)
}
