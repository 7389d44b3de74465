import { readdirSync, readFileSync } from 'node:fs'
import { getPriority } from 'node:os'
import { expect, onTestFinished, test } from 'vitest'
import { createReport } from '../report.ts'
import { startThread } from './thread.ts'

test.runIf(process.platform === 'linux')('the thread, and nobody else of the process, gives way to those who answer buyers', async () => {
  const own = getPriority()
  const before = niceness()
  const thread = startThread('sqlite::memory:', createReport({ level: 'error', roles: ['projector'] }))
  onTestFinished(thread.stop)
  // Refused, by a thread that is up.
  await expect(thread.project([])).rejects.toThrow('JSON')
  const of = new Map([...niceness()].filter(([id]) => !before.has(id)))
  expect([...of.values()].filter((nice) => nice !== own)).toEqual([Math.min(own + 5, 19)])
  expect(getPriority()).toBe(own)
})

/** Of each thread of this process. */
function niceness(): Map<string, number> {
  const threads = readdirSync('/proc/self/task')
  // The name in parentheses may hold anything; niceness is the 19th field of the line.
  const niceIn = (stat: string): number => Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[16])
  return new Map(threads.map((id) => [id, niceIn(readFileSync(`/proc/self/task/${id}/stat`, 'utf8'))]))
}
