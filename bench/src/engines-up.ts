/** Real engines for a measurement, in a folder of its own (scripts/services.mjs starts them), and the cores that they and we run on. */
import { execFile, spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { type Cpu, cpuOf } from './cpu.ts'

const SCRIPT = fileURLToPath(new URL('../../scripts/services.mjs', import.meta.url))
const REDIS_OF_CLUSTER = ['redis-cluster-1', 'redis-cluster-2', 'redis-cluster-3']

export type Engine = 'redis' | 'redis-cluster' | 'postgres' | 'mariadb' | 'kafka' | 'fauxqs'
export type Engines = {
  /** As `npm run services -- env` prints them. */
  env: Record<string, string>
  /** The processes that were started of an engine. */
  pids(engine: Engine): number[]
  /** Stops them and deletes their data. */
  remove(): Promise<void>
}

export async function startEngines(names: readonly Engine[]): Promise<Engines> {
  const dir = mkdtempSync(join(tmpdir(), 'onsale-bench-engines-'))
  const services = (...args: string[]) =>
    promisify(execFile)(process.execPath, [SCRIPT, ...args], { env: { ...process.env, SERVICES_DIR: dir } })
  const clean = (): void => {
    spawnSync(process.execPath, [SCRIPT, 'clean'], { env: { ...process.env, SERVICES_DIR: dir } })
    rmSync(dir, { recursive: true, force: true })
  }
  process.once('exit', clean)
  // PostgreSQL and MariaDB run as users of their own.
  spawnSync('chmod', ['755', dir])
  await services('up', ...names).catch((error: { stderr?: string }) => {
    clean()
    throw new Error(`The engines ${names.join(', ')} could not be started: ${error.stderr ?? error}`)
  })
  const { stdout } = await services('env')
  const pidIn = (name: string): number => Number(readFileSync(join(dir, `${name}.pid`), 'utf8').split(' ')[0])
  return {
    env: Object.fromEntries(
      stdout
        .trim()
        .split('\n')
        .map((line) => line.split(/=(.*)/).slice(0, 2)),
    ),
    pids: (engine) => (engine === 'redis-cluster' ? REDIS_OF_CLUSTER : [engine]).map(pidIn),
    async remove() {
      process.removeListener('exit', clean)
      clean()
    },
  }
}

/** A process and its threads on one core of their own. False where there is no `taskset`: then the system chooses. */
export const pinTo = (core: number, pid: number): boolean => spawnSync('taskset', ['-acp', String(core), String(pid)]).status === 0

export const cpuOfAll = (pids: readonly number[]): number =>
  pids.reduce((sum, pid) => sum + ((cpuOf(pid) as Cpu | null)?.us ?? Number.NaN), 0)

/** What an operator would ask, as text. */
export function redisCli(port: number, ...command: string[]): string {
  const { status, stdout, stderr } = spawnSync('redis-cli', ['-p', String(port), ...command], { encoding: 'utf8', maxBuffer: 2 ** 28 })
  if (status !== 0) throw new Error(`redis-cli ${command.join(' ')}: ${stderr}`)
  return stdout
}

/** Servers that have a process for each connection. */
export function withChildren(pids: readonly number[]): number[] {
  const parentOf = (pid: string): number => Number(/\) . (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1])
  const isChild = (pid: string): boolean => {
    try {
      return pids.includes(parentOf(pid))
    } catch {
      return false // it has ended
    }
  }
  return [
    ...pids,
    ...readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name) && isChild(name))
      .map(Number),
  ]
}
