/** What each part of a deployment used of the machine, and the machine as a whole: where all of it is busy, the machine was the limit. */
import { cpus } from 'node:os'
import { cpuOf } from './cpu.ts'
import type { Report } from './load/plan.ts'
import { short } from './numbers.ts'
import type { Part } from './product.ts'
import type { Row } from './result.ts'

/** `parts` as they are now: a database has a process for each connection. */
export function watchCpu(parts: () => Part[]) {
  const cores = cpus().length
  const before = new Map(parts().map(({ name, pids }) => [name, usedBy(pids)]))
  const machine = busyMs()
  const beganMs = performance.now()
  return {
    cores,
    rows(reports: readonly Report[]): Row[] {
      const elapsedMs = performance.now() - beganMs
      const spent = parts().map(({ name, pids }) => ({ name, us: usedBy(pids) - (before.get(name) ?? 0) }))
      spent.push({ name: 'the crowd', us: reports.reduce((sum, { cpuUs }) => sum + cpuUs, 0) })
      const rows = spent.map(
        ({ name, us }): Row => ({ '': name, 'CPU s': short(us / 1e6), 'of a core': `${Math.round(us / 10 / elapsedMs)} %` }),
      )
      const busy = (busyMs() - machine) / (elapsedMs * cores)
      return [
        ...rows,
        {
          '': 'the machine, others too',
          'CPU s': short((busy * elapsedMs * cores) / 1000),
          'of a core': `${Math.round(busy * 100)} % of each`,
        },
      ]
    },
  }
}

const usedBy = (pids: readonly number[]): number => pids.reduce((sum, pid) => sum + (cpuOf(pid)?.us ?? 0), 0)

/** Of all cores together, whoever used them. */
const busyMs = (): number => cpus().reduce((sum, { times: { user, nice, sys, irq } }) => sum + user + nice + sys + irq, 0)
