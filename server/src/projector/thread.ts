/** The projector's thread, as the others see it: batches in, one at a time, what became of them out. */
import { Worker } from 'node:worker_threads'
import type { Report } from '../report.ts'
import type { PoolUse } from '../sql/sql.ts'
import type { Projected } from './projector.ts'
import type { ProjectorAnswer, ProjectorRequest } from './projector.worker.ts'

export type ProjectorThread = {
  project(messages: readonly string[]): Promise<Projected | undefined>
  /** Why it can do nothing more. */
  fault(): Error | undefined
  stop(): Promise<void>
}

export function startThread(databaseUrl: string, report: Report): ProjectorThread {
  const worker = new Worker(new URL('./projector.worker.ts', import.meta.url), {
    workerData: { databaseUrl },
    resourceLimits: { maxYoungGenerationSizeMb: 48 },
  })
  let waiting: { resolve: (projected?: Projected) => void; reject: (error: Error) => void } | undefined
  let broken: Error | undefined
  let pool: PoolUse | undefined
  report.pool('projector', () => pool)
  worker.on('message', (answer: ProjectorAnswer) => {
    const { resolve, reject } = waiting ?? {}
    waiting = undefined
    if ('error' in answer) return reject?.(Object.assign(new Error(answer.error.message), answer.error))
    if ('projected' in answer) {
      report.projected(answer.projected)
      pool = answer.pool
    }
    resolve?.('projected' in answer ? answer.projected : undefined)
  })
  const fail = (error: Error): void => {
    broken ??= error
    waiting?.reject(error)
    waiting = undefined
  }
  let isStopping = false
  /** Without the thread nothing becomes visible: better dead and started anew than selling blindly. */
  const die = (error: Error): void => {
    fail(error)
    if (!isStopping)
      setImmediate(() => {
        throw error
      })
  }
  worker.on('error', die)
  worker.on('exit', (code) => die(new Error(`The projector's thread ended (${code}).`)))

  const ask = (request: ProjectorRequest): Promise<Projected | undefined> =>
    broken
      ? Promise.reject(broken)
      : new Promise((resolve, reject) => {
          waiting = { resolve, reject }
          worker.postMessage(request)
        })
  return {
    project: (messages) => ask(textOf(messages)),
    fault: () => broken,
    async stop() {
      isStopping = true
      await ask({ do: 'close' }).catch(() => undefined)
      await worker.terminate()
    },
  }
}

/** A message a line: cloning a list of them costs both threads more, 2 % of all that a purchase costs. A line break says nothing in JSON but "space". */
function textOf(messages: readonly string[]): string {
  return messages.map((body) => (body.includes('\n') ? body.replaceAll('\n', ' ') : body)).join('\n')
}
