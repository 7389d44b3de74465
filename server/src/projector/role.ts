/** projector: log entries from the bus -> SQL, in a thread of its own so that buyers do not wait for it. */
import { Worker } from 'node:worker_threads'
import type { StartRole } from '../roles.ts'
import type { ProjectorAnswer } from './projector.worker.ts'

export const startProjectorRole: StartRole = async ({ config, adapters: { bus }, report }) => {
  const worker = new Worker(new URL('./projector.worker.ts', import.meta.url), {
    workerData: { databaseUrl: config.databaseUrl },
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

  const ask = (message: string[] | 'close'): Promise<void> =>
    broken
      ? Promise.reject(broken)
      : new Promise((resolve, reject) => {
          waiting = { resolve, reject }
          worker.postMessage(message)
        })
  const subscription = await bus.subscribe('sql', ask)
  return {
    async stop() {
      isStopping = true
      await subscription[Symbol.asyncDispose]()
      await ask('close').catch(() => undefined)
      await worker.terminate()
    },
    async checks() {
      const fault = subscription.fault()
      return [
        { name: 'projector', status: broken ? 'failing' : 'ok', detail: broken?.message ?? 'its thread runs' },
        { name: 'bus', status: fault ? 'failing' : 'ok', detail: fault ?? 'it is received from' },
      ]
    },
  }
}
