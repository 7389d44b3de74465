/** What a container and `npm start` run. */
import { keepCompiledCode } from './config.ts'

keepCompiledCode()
// Late, so that it is loaded from what was kept.
const { serve } = await import('./serve.ts')
await serve()
