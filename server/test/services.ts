/** Real servers of a test's own, in a folder of its own, so that it may crash them: those that the environment names are shared. */
import { execFile } from 'node:child_process'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'

const SCRIPT = resolve(import.meta.dirname, '../../scripts/services.mjs')
const run = promisify(execFile)

export type OwnServers = {
  /** The variable of a server, as `npm run services -- env` prints it. */
  url(variable: string): string
  /** SIGKILL. */
  crash(name: string): Promise<void>
  /** On the same port and the same data. */
  up(name: string): Promise<void>
  /** Stops all and deletes their data. */
  remove(): Promise<void>
}

export async function startOwnServers(...names: string[]): Promise<OwnServers> {
  const env = { ...process.env, SERVICES_DIR: await mkdtemp(join(tmpdir(), 'onsale-own-')), SERVICES_PORT: '' }
  const services = async (...args: string[]): Promise<string> => (await run(process.execPath, [SCRIPT, ...args], { env })).stdout
  await services('up', ...names)
  const lines = (await services('env')).trim().split('\n')
  const variables = new Map(lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]))
  return {
    url: (variable) => variables.get(variable) ?? '',
    crash: async (name) => void (await services('crash', name)),
    up: async (name) => void (await services('up', name)),
    remove: async () => void (await services('clean')),
  }
}
