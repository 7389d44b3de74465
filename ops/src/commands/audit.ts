import { existsSync } from 'node:fs'
import { openLedger, openSql, pathOf } from '@onsale/server/adapters'
import { audit } from '@onsale/server/audit'
import { readConfig } from '@onsale/server/config'
import type { Command } from 'commander'

export function addAudit(program: Command): void {
  program
    .command('audit')
    .description('Compares ledger, log and SQL, and names each difference. Exits 1 when there are any. Embedded: while nothing serves.')
    .option('--json', 'prints {differences, checked}')
    .action(async ({ json }: { json?: boolean }) => {
      const config = readConfig()
      for (const url of [config.ledgerUrl, config.databaseUrl])
        if (url.startsWith('sqlite:') && !existsSync(pathOf(url)))
          throw new Error(`There is nothing to audit: ${pathOf(url)} does not exist. Is DATA_DIR right?`)
      const ledger = await openLedger(config.ledgerUrl)
      const sql = await openSql(config.databaseUrl)
      const { differences, checked } = await audit(ledger, sql, Date.now()).finally(() => Promise.all([ledger.close(), sql.close()]))
      if (json) console.log(JSON.stringify({ differences, checked }))
      else {
        for (const { what, where, detail } of differences) console.log(`${what}  ${where}  ${detail}`)
        console.log(
          `${differences.length} differences in ${checked.zones} zones, ${checked.seats} seats, ${checked.entries} entries, ${checked.tickets} tickets`,
        )
      }
      if (differences.length > 0) process.exitCode = 1
    })
}
