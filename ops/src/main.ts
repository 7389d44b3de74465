/** `onsale`: what an operator does. One file a command; what prints facts has --json; exits 0 only for success. */
import { Command } from 'commander'
import packageJson from '../package.json' with { type: 'json' }
import { addAudit } from './commands/audit.ts'
import { addRebuild } from './commands/rebuild.ts'
import { addServe } from './commands/serve.ts'

const program = new Command('onsale')
  .description('The box office: serve it, audit it, mend it. Settings are environment variables; see `onsale serve --help`.')
  .version(packageJson.version)
for (const add of [addServe, addAudit, addRebuild]) add(program)
program.parseAsync().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
})
