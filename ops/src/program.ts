/** Every command of `onsale`. */
import { Command } from 'commander'
import packageJson from '../package.json' with { type: 'json' }
import { addAudit } from './commands/audit.ts'
import { addDb } from './commands/db.ts'
import { addDeadLetters } from './commands/dead-letters.ts'
import { addMigrate } from './commands/migrate.ts'
import { addMove } from './commands/move.ts'
import { addRebuild } from './commands/rebuild.ts'
import { addReset } from './commands/reset.ts'
import { addSeed } from './commands/seed.ts'
import { addServe } from './commands/serve.ts'
import { addStatus } from './commands/status.ts'

export const program = new Command('onsale')
  .description('The box office: serve it, audit it, mend it. Settings are environment variables; see `onsale serve --help`.')
  .version(packageJson.version)
  // Before the commands are added: they take it over.
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2))
for (const add of [addServe, addStatus, addAudit, addRebuild, addMigrate, addSeed, addDb, addDeadLetters, addReset, addMove]) add(program)
