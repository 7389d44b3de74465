import { openSql } from '@onsale/server/adapters'
import { readConfig } from '@onsale/server/config'
import { rebuild } from '@onsale/server/projector/projector'
import type { Command } from 'commander'

export function addRebuild(program: Command): void {
  program
    .command('rebuild')
    .description('Makes every read table anew from the archived entries, in one transaction.')
    .argument('<what>', 'read-side')
    .option('--json', 'prints {applied}')
    .action(async (what: string, { json }: { json?: boolean }, command: Command) => {
      if (what !== 'read-side') command.error(`There is no ${what} to rebuild: take read-side.`)
      const sql = await openSql(readConfig().databaseUrl)
      const applied = await rebuild(sql, Date.now(), (n) => (json ? undefined : process.stderr.write(`\r${n} entries`))).finally(() =>
        sql.close(),
      )
      console.log(json ? JSON.stringify({ applied }) : `\n${applied} entries applied`)
    })
}
