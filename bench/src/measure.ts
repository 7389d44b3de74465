/** One run of the load against one process: what it costs, how fast it is. */
import { setTimeout as wait } from 'node:timers/promises'
import { type Cpu, cpuOf, cpuOfThreads } from './cpu.ts'
import type { Load } from './load/load.ts'
import type { Plan, Report } from './load/plan.ts'
import { spread } from './numbers.ts'

/** What still comes after the last row is in SQL: trimming, checkpoints. */
const SETTLE_MS = 150

export type Target = { port: number; pid: number }

export type Measured = {
  perSecond: number
  /** Of the process measured, all threads; NaN where the system does not tell. */
  cpuUs: number
  /** Of that, in the kernel. */
  kernelUs: number
  /** The same of each thread that lived all the time. */
  threads: Map<string, Cpu>
  clientCpuUs: number
  p50: number
  p99: number
  requests: number
}

/** `settled` resolves when everything that follows from the answers is done; its CPU is counted, its time is not. Only success is measured. */
export async function measure(
  load: Load,
  { port, pid }: Target,
  plan: Omit<Plan, 'port'>,
  settled: (report: Report) => Promise<void> = async () => {},
): Promise<Measured> {
  const { go } = await load.prepare({ ...plan, port })
  const before = { all: cpuOf(pid), threads: cpuOfThreads(pid) }
  const report = await go()
  await settled(report)
  await wait(SETTLE_MS)
  const after = { all: cpuOf(pid), threads: cpuOfThreads(pid) }
  const asked = answersOf(report)
  const odd = oddStatuses(report, [200, 201])
  if (odd.length > 0) throw new Error(`Not all was answered with success: ${odd.join('; ')}.`)
  const { p50, p99 } = spread(report.latenciesMs)
  return {
    perSecond: asked / report.seconds,
    cpuUs: each(before.all, after.all, asked).us,
    kernelUs: each(before.all, after.all, asked).kernelUs,
    threads: new Map([...after.threads].map(([name, cpu]) => [name, each(before.threads.get(name), cpu, asked)])),
    clientCpuUs: report.cpuUs / asked,
    p50,
    p99,
    requests: report.taken,
  }
}

/** What was used between two readings, for each answer; NaN where the system does not tell. */
function each(before: Cpu | null | undefined, after: Cpu | null, answers: number): Cpu {
  if (!before || !after) return { us: Number.NaN, kernelUs: Number.NaN }
  return { us: (after.us - before.us) / answers, kernelUs: (after.kernelUs - before.kernelUs) / answers }
}

export const answersOf = ({ statuses }: Report): number => Object.values(statuses).reduce((sum, n) => sum + n, 0)

/** Sentences on every answer that is not one of these, and on connections that broke. */
export function oddStatuses({ statuses, broken }: Report, expected: readonly number[]): string[] {
  const odd = Object.entries(statuses)
    .filter(([status]) => !expected.includes(Number(status)))
    .map(([status, n]) => `${n} requests were answered with ${status}`)
  return broken > 0 ? [...odd, `${broken} requests lost their connection`] : odd
}
