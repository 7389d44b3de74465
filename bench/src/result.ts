/** What a benchmark found: printed as tables, kept as JSON with the hardware it was found on. */
import { mkdir, writeFile } from 'node:fs/promises'
import os from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Options } from './options.ts'

export type Row = Record<string, string | number>
/** `goal`: of issue 3; missing it is told and does not fail the run, which may be on a small or busy machine. */
export type Goal = { what: string; measured: number; goal: number; atLeast: boolean }
export type Result = {
  tables: { title: string; rows: Row[] }[]
  goals: Goal[]
  /** Everything that must not be; one line each. Empty: the audit passes. */
  differences: string[]
  /** What was audited, in words. */
  audited: string
}
export type Progress = (text: string) => void
export type Benchmark = (options: Options, progress: Progress) => Promise<Result>

const FOLDER = fileURLToPath(new URL('../results', import.meta.url))

export const isMet = ({ measured, goal, atLeast }: Goal): boolean => (atLeast ? measured >= goal : measured <= goal)

/** `stolen`: the share of the machine's time that its host gave to others meanwhile. */
export async function keep(name: string, options: Options, result: Result, stolen: number | null): Promise<string> {
  await mkdir(FOLDER, { recursive: true })
  const path = join(FOLDER, `${name}.json`)
  const goals = result.goals.map((goal) => ({ ...goal, met: isMet(goal) }))
  await writeFile(
    path,
    `${JSON.stringify({ name, date: new Date().toISOString(), hardware: hardware(), stolen, options, ...result, goals }, null, 2)}\n`,
  )
  return path
}

export function hardware(): Row {
  const cpus = os.cpus()
  return {
    cpu: cpus[0]?.model ?? 'unknown',
    cores: cpus.length,
    memoryGiB: Math.round(os.totalmem() / 2 ** 30),
    system: `${os.platform()} ${os.release()} ${os.arch()}`,
    node: process.version,
    loadAverage: Number(os.loadavg()[0]?.toFixed(1)),
  }
}
