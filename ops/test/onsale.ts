/** `onsale` as an operator runs it: a process of its own, on a folder of its own. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import { resolve } from 'node:path'
import { afterAll, vi } from 'vitest'
import { temporaryFolder } from '../../server/test/platform.ts'

const MAIN = resolve(import.meta.dirname, '../src/main.ts')

// A command takes 0.3 s, and 4 s on a machine of two cores with a load of 20; some tests run six.
vi.setConfig({ testTimeout: 90_000, hookTimeout: 90_000 })

export type Said = { code: number | null; out: string; err: string }

/** `typed` is what stands on its standard input. */
export async function onsaleIn(
  dataDir: string,
  args: readonly string[],
  { typed = '', env = {} }: { typed?: string; env?: Record<string, string> } = {},
): Promise<Said> {
  const child = spawn(process.execPath, [MAIN, ...args], {
    env: { ...process.env, NODE_ENV: 'test', DATA_DIR: dataDir, ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  // Most commands end without reading it.
  child.stdin.on('error', () => {}).end(typed)
  const said = { out: '', err: '' }
  for (const [name, stream] of [['out', child.stdout] as const, ['err', child.stderr] as const])
    stream.setEncoding('utf8').on('data', (text: string) => {
      said[name] += text
    })
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, ...said }
}

const folders: string[] = []
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))))

/** A folder that goes when the tests of the file have ended. */
export async function dataFolder(): Promise<string> {
  const dataDir = await temporaryFolder()
  folders.push(dataDir)
  return dataDir
}

/** What a command prints with --json; throws unless it ended with `code`. */
export async function jsonOf<T>(dataDir: string, args: readonly string[], code = 0): Promise<T> {
  const said = await onsaleIn(dataDir, [...args, '--json'])
  if (said.code !== code) throw new Error(`onsale ${args.join(' ')} ended with ${said.code}: ${said.err}`)
  return JSON.parse(said.out) as T
}
