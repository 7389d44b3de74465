/** The ledger's thread, as the others see it: it is asked in order and answers in order. */
import { Worker } from 'node:worker_threads'
import type { FlatOutcomes } from './sqlite.wire.ts'
import type { Answer, Request } from './sqlite.worker.ts'

export type LedgerThread = {
  ask<T>(request: Exclude<Request, string>): Promise<T>
  /** A batch of commits, as a text. */
  commit(changes: string): Promise<FlatOutcomes>
  /** Why it can do nothing more. */
  fault(): Error | undefined
  close(): Promise<void>
}

/** Rejects when the store cannot be opened. `onBroken`: nothing that was not answered will be. */
export async function startThread(path: string, onBroken: (error: Error) => void): Promise<LedgerThread> {
  const worker = new Worker(new URL('./sqlite.worker.ts', import.meta.url), {
    workerData: { path },
    resourceLimits: { maxYoungGenerationSizeMb: 16 },
  })
  const asked: { resolve: (value: unknown) => void; reject: (error: Error) => void }[] = []
  let broken: Error | undefined
  let isOpen = false

  worker.on('message', (answer: Answer) => {
    const waiting = asked.shift()
    if ('error' in answer) waiting?.reject(new Error(answer.error))
    else waiting?.resolve('value' in answer ? answer.value : answer)
  })
  worker.on('error', die)
  worker.on('exit', (code) => die(new Error(`The ledger's thread ended (${code}).`)))

  /** Nothing can be sold without the thread, and a new process opens in milliseconds: better dead than answering 500. */
  function die(error: Error): void {
    const wasOpen = isOpen
    isOpen = false
    broken ??= error
    for (const { reject } of asked.splice(0)) reject(error)
    onBroken(error)
    if (wasOpen)
      setImmediate(() => {
        throw error
      })
  }

  function answerTo<T>(request?: Request): Promise<T> {
    if (broken) return Promise.reject(broken)
    return new Promise((resolve, reject) => {
      asked.push({ resolve: resolve as (value: unknown) => void, reject })
      if (request !== undefined) worker.postMessage(request)
    })
  }

  // It speaks first, when the store is open.
  await answerTo()
  isOpen = true
  return {
    ask: answerTo,
    commit: answerTo,
    fault: () => broken,
    async close() {
      if (broken) return
      isOpen = false
      await answerTo({ do: 'close' })
      broken = new Error('The ledger is closed.')
      await worker.terminate()
    },
  }
}
