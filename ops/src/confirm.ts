/** Before anything is destroyed: `--yes`, or the words typed. An empty input (a script, no terminal) is a no. */
import { createInterface } from 'node:readline'
import type { Command } from 'commander'

type Question = { yes: boolean | undefined; words: string; what: string }

/** Ends the process as wrong use unless the operator means it. */
export async function confirm(command: Command, { yes, words, what }: Question): Promise<void> {
  if (yes) return
  process.stderr.write(`${what}\nType "${words}" to go on: `)
  if ((await typedLine()).trim() !== words) command.error('\nNothing was done: the words were not typed. In a script, say --yes.')
}

async function typedLine(): Promise<string> {
  for await (const line of createInterface({ input: process.stdin })) return line
  return ''
}
