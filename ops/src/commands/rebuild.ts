import { openLedger, openSql } from '@onsale/server/adapters'
import { audit, type Difference } from '@onsale/server/audit'
import { readConfig } from '@onsale/server/config'
import { type Rebuilt, rebuildHotState } from '@onsale/server/move/hot-state'
import { rebuild } from '@onsale/server/projector/projector'
import type { Command } from 'commander'
import { refuseUnmigrated, withDatabase } from '../database.ts'
import { endProgress, tellProgress } from '../progress.ts'
import { print, tableText } from '../table.ts'

const HELP = `
read-side  every read table from the archived entries, in one transaction.
hot-state  a ledger that lost everything (FLUSHALL, a new disk), from the archive of the read side. Purchases are refused with 503 until
           it has ended, and go on where they were. A ledger that has entries is compared and not written. Let the projectors come to
           rest before (onsale status); docs/move.md says what cannot come back.`

export function addRebuild(program: Command): void {
  program
    .command('rebuild')
    .description('Makes one half anew from the other: read-side from its archive, hot-state (the ledger) from the read side.')
    .argument('<what>', 'read-side or hot-state')
    .option('--json', 'prints {applied}; for hot-state {zones, shards: [{shard, before, head, stored}], differences}')
    .addHelpText('after', HELP)
    .action(async (what: string, { json }: { json?: boolean }, command: Command) => {
      if (what === 'read-side') return rebuildReadSide(json)
      if (what === 'hot-state') return rebuildLedger(json)
      command.error(`There is no ${what} to rebuild: take read-side or hot-state.`)
    })
}

async function rebuildReadSide(json: boolean | undefined): Promise<void> {
  const sql = await openSql(readConfig().databaseUrl)
  const applied = await rebuild(sql, Date.now(), (n) => (json ? undefined : tellProgress(`${n} entries`))).finally(() => sql.close())
  endProgress()
  print(json, { applied }, () => `${applied} entries applied`)
}

async function rebuildLedger(json: boolean | undefined): Promise<void> {
  const { ledgerUrl, databaseUrl } = readConfig()
  const { rebuilt, differences } = await withDatabase(databaseUrl, async (sql) => {
    await refuseUnmigrated(sql)
    const ledger = await openLedger(ledgerUrl)
    try {
      const rebuilt = await rebuildHotState(ledger, sql, (done, of) => tellProgress(`${done} of ${of} entries`)).catch(explain)
      tellProgress('Comparing ledger, log and read side')
      endProgress()
      return { rebuilt, differences: (await audit(ledger, sql, Date.now())).differences }
    } finally {
      await ledger.close()
    }
  })
  print(json, { ...rebuilt, differences }, () => rebuiltText(rebuilt, differences))
  if (differences.length > 0) process.exitCode = 1
}

function explain(error: unknown): never {
  const reason = error instanceof Error ? error.message : String(error)
  endProgress()
  throw new Error(
    `${reason}\nThe ledger has to be empty, or to have just these entries. If it is the lost one's remains, empty it (on Redis: delete every key that begins with its prefix) and run this again.`,
  )
}

function rebuiltText({ zones, shards }: Rebuilt, differences: readonly Difference[]): string {
  const rows = shards.map(({ shard, before, head, stored }) => ({
    shard,
    'entries before': before,
    'entries now': head,
    'in the read side': stored,
    what: before > 0 ? 'was there' : head > 0 ? 'made anew' : 'empty',
  }))
  return [
    ...(rows.length > 0 ? [tableText(rows), ''] : []),
    `${zones} zones are open.`,
    ...differences.map(({ what, where, detail }) => `${what}  ${where}  ${detail}`),
    `${differences.length} differences.`,
  ].join('\n')
}
