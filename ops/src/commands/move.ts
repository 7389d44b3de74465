import { readConfig } from '@onsale/server/config'
import { askToMove } from '@onsale/server/move/line'
import type { Moved, Step } from '@onsale/server/move/move'
import type { Command } from 'commander'
import { endProgress, tellProgress } from '../progress.ts'
import { print, tableText } from '../table.ts'

type Options = { ledger: string; database: string; bus?: string; json?: boolean }

const HELP = `
Copies everything, follows what is sold meanwhile, proves by audit that the copy is the same, and switches: purchases are refused with 503
for less than two seconds. Until the switch, whatever fails or is interrupted leaves the box office selling where it is. Afterwards set
LEDGER_URL, DATABASE_URL and BUS_URL for the next start: the old files sell nothing again. docs/move.md tells more.`

export function addMove(program: Command): void {
  program
    .command('move')
    .description('Takes a running embedded box office to other engines, while it sells.')
    .option('--to', 'reads well before the addresses; means nothing else')
    .requiredOption('--ledger <url>', 'as LEDGER_URL: an empty Redis, or a prefix of its own there')
    .requiredOption('--database <url>', 'as DATABASE_URL: an empty database')
    .option('--bus <url>', 'as BUS_URL; stays within the process unless given')
    .option('--json', 'prints {entries, zones, seconds, pausedMs, checked}')
    .addHelpText('after', HELP)
    .action(async ({ ledger, database, bus = 'memory:', json }: Options, command: Command) => {
      if (!/^rediss?:/.test(ledger) || !/^(postgres|mysql):/.test(database))
        command.error('A box office moves to a ledger on redis: or rediss:, and a read side on postgres: or mysql:.')
      // Judged as the next start will judge them; DATA_DIR is the server's.
      readConfig({ LEDGER_URL: ledger, DATABASE_URL: database, BUS_URL: bus })
      const { dataDir } = readConfig()
      const moved = await askToMove(dataDir, { ledgerUrl: ledger, databaseUrl: database, busUrl: bus }, tell)
      endProgress()
      print(json, moved, () => movedText(moved))
    })
}

const SAID: Record<Step['step'], (step: Step) => string> = {
  copying: ({ done, of }) => `copying: ${done} of ${of} entries`,
  proving: () => 'comparing ledger, log and read side of the copy',
  opening: () => 'opening the new engines',
  switching: () => 'switching',
}

let said = ''
function tell(step: Step): void {
  if (said !== step.step) endProgress()
  tellProgress(SAID[step.step](step))
  said = step.step
}

function movedText({ entries, zones, seconds, pausedMs, checked }: Moved): string {
  const { seats, tickets } = checked
  return `${tableText([{ entries, zones, seats, 'tickets proved': tickets, seconds: Math.round(seconds * 10) / 10, 'refused for ms': pausedMs }])}

Moved. The server sells on the new engines. Before its next start, set LEDGER_URL, DATABASE_URL and BUS_URL.`
}
