/** The product as main.ts starts it, with another folder of samples: `node bench/src/server.ts <folder>`. */
import { readConfig } from '@onsale/server/config'
import { startPlatform } from '@onsale/server/platform'

const platform = await startPlatform(readConfig(), process.argv[2])
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
