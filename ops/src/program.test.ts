/** docs/cli.md and the README say what there is: every command, every preset, and nothing else. */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Command } from 'commander'
import { expect, it } from 'vitest'
import { presets } from './presets.ts'
import { program } from './program.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const textOf = (path: string) => readFileSync(resolve(ROOT, path), 'utf8')
const guide = textOf('docs/cli.md')

/** "onsale db tables": what can be run, not the groups. */
function commandsOf(command: Command, before = ''): string[] {
  const name = `${before}${command.name()}`
  return command.commands.length === 0 ? [name] : command.commands.flatMap((each) => commandsOf(each, `${name} `))
}

it('docs/cli.md has every command of onsale --help, once', () => {
  const told = [...guide.matchAll(/^\| `(onsale [\w -]+)` \|/gm)].map(([, name]) => name)
  expect(told).toEqual(commandsOf(program).toSorted((a, b) => told.indexOf(a) - told.indexOf(b)))
})

it('the README shows every command or its group', () => {
  const shown = new Set([...textOf('README.md').matchAll(/^npx onsale ([\w-]+)/gm)].map(([, name]) => name))
  // `npm start` is what the README says of it.
  expect(program.commands.map((command) => command.name()).filter((name) => name !== 'serve' && !shown.has(name))).toEqual([])
})

it('docs/cli.md has the geometry of every preset', () => {
  const told = [...guide.matchAll(/^\| `(\d+[km]?)` \| (\d+) \| (\d+) \| (\d+) \|$/gm)].map(([, preset, ...numbers]) => [
    preset,
    ...numbers.map(Number),
  ])
  expect(told).toEqual(Object.entries(presets).map(([preset, { zones, rows, seatsPerRow }]) => [preset, zones, rows, seatsPerRow]))
})

it('every command that prints facts has --json, and what destroys has --yes', () => {
  const leaves = (command: Command): Command[] => (command.commands.length === 0 ? [command] : command.commands.flatMap(leaves))
  const having = (option: string) =>
    leaves(program)
      .filter(({ options }) => options.some(({ long }) => long === option))
      .map((command) => command.name())
  expect(
    leaves(program)
      .map((command) => command.name())
      .filter((name) => !having('--json').includes(name)),
  ).toEqual(['serve'])
  expect(having('--yes')).toEqual(['down', 'purge', 'reset'])
})
