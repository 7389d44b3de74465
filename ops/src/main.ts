/** `onsale`: what an operator does. One file a command; what prints facts has --json. Exits 0: fine; 1: found something, or failed; 2: wrong use. */
import { keepCompiledCode } from '@onsale/server/config'

keepCompiledCode()
// Late, so that it is loaded from what was kept: 0.2 s of CPU less a command.
const { program } = await import('./program.ts')
program.parseAsync().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
})
