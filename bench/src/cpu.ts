/**
 * What a process has used, all its threads included: /proc/<pid>/stat counts living and ended threads together. A tick is 10 ms on
 * every Linux that Node runs on, so measure for seconds. Elsewhere there is no such file and nothing is measured.
 */
import { readdirSync, readFileSync } from 'node:fs'

const TICK_US = 10_000

export type Cpu = { us: number; kernelUs: number }

/** User and system time so far, or null where /proc does not tell. */
export function cpuOf(pid: number): Cpu | null {
  const text = read(`/proc/${pid}/stat`)
  return text === null ? null : timesIn(text)
}

/** The same of each thread that lives, by its name and its number among those of that name, oldest first: "MainThread", "Worker 2". */
export function cpuOfThreads(pid: number): Map<string, Cpu> {
  const threads = new Map<string, Cpu>()
  for (const thread of threadIds(pid)) {
    const text = read(`/proc/${pid}/task/${thread}/stat`)
    if (text === null) continue
    const name = text.slice(text.indexOf('(') + 1, text.lastIndexOf(')'))
    let n = 1
    while (threads.has(n === 1 ? name : `${name} ${n}`)) n++
    threads.set(n === 1 ? name : `${name} ${n}`, timesIn(text))
  }
  return threads
}

/** From here on: the share of the machine's time that its host gave to others, or null where /proc does not tell. */
export function watchStolen(cores: number): () => number | null {
  const [before, beganMs] = [stolenMs(), performance.now()]
  return () => (before === null ? null : ((stolenMs() ?? before) - before) / ((performance.now() - beganMs) * cores))
}

function stolenMs(): number | null {
  const total = read('/proc/stat')?.split('\n')[0]
  // "cpu  user nice system idle iowait irq softirq steal ...".
  const ticks = Number(total?.split(/\s+/)[8])
  return Number.isFinite(ticks) ? (ticks * TICK_US) / 1000 : null
}

function timesIn(text: string): Cpu {
  // The name in parentheses may hold anything; fields are counted after it: 14th and 15th of the line.
  const [user = 0, kernel = 0] = text
    .slice(text.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 13)
    .map((ticks) => Number(ticks) * TICK_US)
  return { us: user + kernel, kernelUs: kernel }
}

function threadIds(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/task`).sort((a, b) => Number(a) - Number(b))
  } catch {
    return []
  }
}

/** Resident memory now and at its highest, MiB. */
export function memoryMiB(pid: number): { now: number; highest: number } | null {
  const text = read(`/proc/${pid}/status`)
  if (text === null) return null
  const field = (name: string): number => Math.round(Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(text)?.[1] ?? 0) / 1024)
  return { now: field('VmRSS'), highest: field('VmHWM') }
}

function read(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return null
  }
}
