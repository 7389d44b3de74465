/** projector: log entries from the bus -> SQL, in a thread of its own so that buyers do not wait for it. */
import { Worker } from 'node:worker_threads'
import type { Report } from '../report.ts'
import type { StartRole } from '../roles.ts'
import { checkDatabase } from '../sql/check.ts'
import type { ProjectorAnswer, ProjectorRequest } from './projector.worker.ts'

export const startProjectorRole: StartRole = async ({ config, adapters, prepare, report }) => {
  let thread: ProjectorThread | undefined
  let subscription: AsyncDisposable | undefined
  return {
    async open() {
      await prepare()
      thread ??= startThread(config.databaseUrl, report)
      subscription = await (await adapters.bus()).subscribe('sql', thread.project)
    },
    async checks() {
      const fault = thread?.fault()
      const database = await checkDatabase(await adapters.sql(), 'database', 'failing')
      return [{ name: 'projector', status: fault ? 'failing' : 'ok', detail: fault?.message ?? 'its thread runs' }, ...database]
    },
    /** The batch under way is the last; what was not taken then comes to another member of the group. */
    async stop() {
      await subscription?.[Symbol.asyncDispose]()
      await thread?.stop()
    },
  }
}

type ProjectorThread = { project(messages: string[]): Promise<void>; fault(): Error | undefined; stop(): Promise<void> }

function startThread(databaseUrl: string, report: Report): ProjectorThread {
  const worker = new Worker(new URL('./projector.worker.ts', import.meta.url), {
    workerData: { databaseUrl },
    resourceLimits: { maxYoungGenerationSizeMb: 48 },
  })
  let waiting: { resolve: () => void; reject: (error: Error) => void } | undefined
  let broken: Error | undefined
  worker.on('message', (answer: ProjectorAnswer) => {
    const { resolve, reject } = waiting ?? {}
    waiting = undefined
    if ('error' in answer) return reject?.(Object.assign(new Error(answer.error.message), answer.error))
    if ('projected' in answer) {
      report.projected(answer.projected.stored)
      for (const conflict of answer.projected.conflicts) report.conflict(conflict)
      for (const what of answer.projected.unknown) report.unknownEntry(what)
    }
    resolve?.()
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

  const ask = (message: ProjectorRequest): Promise<void> =>
    broken
      ? Promise.reject(broken)
      : new Promise((resolve, reject) => {
          waiting = { resolve, reject }
          worker.postMessage(message)
        })
  return {
    // One text: cloning a list of them costs both threads more.
    project: (bodies) => ask(bodies.join('\n')),
    fault: () => broken,
    async stop() {
      isStopping = true
      await ask({ do: 'close' }).catch(() => undefined)
      await worker.terminate()
    },
  }
}
