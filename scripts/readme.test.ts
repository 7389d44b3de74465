/** What the README promises is so: its settings are those of config.ts, its npm scripts exist, and its commands do what it says. */
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { promisify } from 'node:util'
import { settings } from '@onsale/server/config'
import { expect, test } from 'vitest'
import { startServer } from '../server/test/process.ts'

const root = resolve(import.meta.dirname, '..')
const readme = readFileSync(resolve(root, 'README.md'), 'utf8')
const scripts = (JSON.parse(readFileSync(resolve(root, 'package.json'), 'utf8')) as { scripts: Record<string, string> }).scripts
const run = promisify(execFile)

test('the settings of the README are those of config.ts', () => {
  const rows = [...readme.matchAll(/^\| `([A-Z_]+)` \| `(.*?)` \| (.*) \|$/gm)].map(([, name, value, about]) => ({ name, value, about }))
  expect(rows).toEqual(Object.entries(settings).map(([name, { default: value, about }]) => ({ name, value, about })))
})

test('every npm script that a document names exists', () => {
  for (const document of ['README.md', 'CONTRIBUTING.md', 'ARCHITECTURE.md'])
    for (const [, name] of readFileSync(resolve(root, document), 'utf8').matchAll(/npm run ([\w:-]+)/g))
      expect(scripts, `${document}: npm run ${name}`).toHaveProperty(name as string)
})

test('every file that ARCHITECTURE.md names in backticks with a path exists', () => {
  const named = [
    ...readFileSync(resolve(root, 'ARCHITECTURE.md'), 'utf8').matchAll(/`((?:server|contract|web|ops|bench)\/[\w./-]+\.(?:ts|tsx|json))`/g),
  ].map(([, path]) => path as string)
  for (const path of named) expect(() => readFileSync(resolve(root, path)), path).not.toThrow()
})

test('the curl commands of the README sell a seat, replay it, sell four together and read the figures', async () => {
  const server = await startServer()
  const commands = [...readme.matchAll(/```sh\n([\s\S]*?)```/g)]
    .flatMap(([, block]) => (block as string).replaceAll('\\\n', ' ').split('\n'))
    .filter((line) => line.startsWith('curl'))
  const answers: string[] = []
  try {
    for (const command of commands) {
      const line = command.replaceAll('http://localhost:8080', server.url)
      // curl ends with 28 when --max-time ends a stream that goes on for ever.
      answers.push(
        await run('bash', ['-c', line]).then(
          ({ stdout }) => stdout,
          ({ stdout, code }: { stdout: string; code: number }) =>
            code === 28 ? stdout : Promise.reject(new Error(`${line} ended with ${code}`)),
        ),
      )
    }
  } finally {
    await server.stop()
  }
  expect(answers[0]).toContain('HTTP/1.1 201')
  expect((JSON.parse(answers[1] as string) as { tickets: unknown[] }).tickets).toHaveLength(4)
  expect(answers.at(-1)).toContain('event: snapshot')
})

test('npx onsale --help lists every command that the README shows', async () => {
  const { stdout } = await run(resolve(root, 'node_modules/.bin/onsale'), ['--help'])
  for (const [, name] of readme.matchAll(/^npx onsale (\w+)/gm)) expect(stdout).toMatch(new RegExp(`^ +${name}\\b`, 'm'))
})
