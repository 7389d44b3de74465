/** The handle on a load generator: a child process, kept over many plans so that it stays warm. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Plan, Report } from './plan.ts'
import type { Told } from './worker.ts'

export type Load = {
  /** Makes all requests and opens all connections; the clock starts with `go`. */
  prepare(plan: Plan): Promise<{ go(): Promise<Report> }>
  run(plan: Plan): Promise<Report>
  close(): void
}

export function startLoad(): Load {
  const child = fork(fileURLToPath(new URL('./worker.ts', import.meta.url)), { serialization: 'advanced' })
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`The load generator ended (${code}).`)
  })
  ended.catch(() => undefined)

  async function told(): Promise<Told> {
    const [answer] = (await Promise.race([once(child, 'message'), ended])) as [Told]
    if (answer.told === 'failed') throw new Error(`The load generator failed: ${answer.error}`)
    return answer
  }
  async function prepare(plan: Plan): Promise<{ go(): Promise<Report> }> {
    child.send(plan)
    await told()
    return {
      async go() {
        const done = told()
        child.send('go')
        return ((await done) as Extract<Told, { told: 'done' }>).report
      },
    }
  }
  return {
    prepare,
    run: async (plan) => (await prepare(plan)).go(),
    close: () => child.disconnect(),
  }
}
