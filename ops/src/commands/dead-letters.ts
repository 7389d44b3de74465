import { readConfig } from '@onsale/server/config'
import type { Command } from 'commander'
import { confirm } from '../confirm.ts'
import { MOST_LISTED, nameOf, rowOf, withDeadLetters } from '../dead-letters.ts'
import { print, tableText } from '../table.ts'

type Options = { json?: boolean; yes?: boolean; group: string }

const HELP = `
A letter is an entry that the read side refused again and again while it took others, with the error that it gave. The entries behind it
are applied; the seats of the letter itself show as they were before it. Mend the cause, then replay: each is applied once, in its place.`

export function addDeadLetters(program: Command): void {
  const group = program.command('dead-letters').description('What the bus set aside because it was refused: look, replay, purge.')
  group.addHelpText('after', HELP)
  const subcommand = (name: string, about: string): Command =>
    group.command(name).description(about).option('--group <name>', 'of whom', 'sql')
  subcommand('list', `Every dead letter with its error, at most ${MOST_LISTED}.`)
    .option('--json', 'prints {letters: [{letter, shard, position, kind, eventId, tries, setAsideOn, by, error}]}')
    .action(async ({ json, group }: Options) => {
      const letters = (await atBus((dead) => dead.list(group))).map(rowOf)
      print(json, { letters }, () => (letters.length > 0 ? tableText(letters) : 'There are no dead letters.'))
      if (letters.length === MOST_LISTED) console.error(`There may be more: only ${MOST_LISTED} are shown.`)
    })
  subcommand('show', 'One letter whole.')
    .argument('<letter>', 'as list names it')
    .option('--json', 'prints {letter, shard, tries, setAsideOn, by, error, body}')
    .action(async (letter: string, { json, group }: Options, command: Command) => {
      const found = (await atBus((dead) => dead.list(group))).find((each) => nameOf(each) === letter)
      if (!found) return command.error(`There is no letter ${letter}. See onsale dead-letters list.`)
      const { body, ...rest } = found
      print(json, { letter, ...found }, () => {
        const lines = Object.entries(rest).map(([name, value]) => `${name.padEnd(10)}  ${value}`)
        return `${lines.join('\n')}\n\n${readable(body)}`
      })
    })
  subcommand('replay', `Carries the letters to their group once more, at most ${MOST_LISTED} a call. What is refused again comes back.`)
    .option('--json', 'prints {replayed}')
    .action(async ({ json, group }: Options) => {
      const replayed = await atBus((dead) => dead.replay(group))
      print(json, { replayed }, () => `${replayed} dead letters are on their way to ${group} again.`)
    })
  subcommand('purge', 'Forgets every letter. What it said stays out of the read tables. Asks first.')
    .option('--yes', 'does not ask')
    .option('--json', 'prints {purged}')
    .action(async ({ json, yes, group }: Options, command: Command) => {
      const purged = await atBus(async (dead) => {
        const what = `This forgets the dead letters of ${group}, ${(await dead.list(group)).length} now: what they say is never applied.`
        await confirm(command, { yes, words: 'purge dead-letters', what })
        return dead.purge(group)
      })
      print(json, { purged }, () => `${purged} dead letters are gone.`)
    })
}

async function atBus<T>(work: Parameters<typeof withDeadLetters<T>>[1]): Promise<T> {
  const found = await withDeadLetters(readConfig().busUrl, work)
  if (found === undefined)
    throw new Error('BUS_URL=memory: has no dead letters: it lives in the server, and delivers what is refused again until it is taken.')
  return found
}

/** An entry is JSON on one line. */
function readable(body: string): string {
  try {
    return JSON.stringify(JSON.parse(body), null, 2)
  } catch {
    return body
  }
}
