/** A ledger in a process of its own, which a test can kill in the midst of its work. The file is both: the test's side, and the process. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { openLedger } from '../adapters.ts'
import type { Change, Outcome } from './ledger.ts'

type Reply = { id: number; outcome?: Outcome; error?: string }

export type HostedLedger = {
  commit(change: Change): Promise<Outcome>
  /** SIGKILL. What was not answered is rejected. */
  kill(): Promise<void>
}

export async function hostLedger(url: string): Promise<HostedLedger> {
  const child = fork(fileURLToPath(import.meta.url), [url], { serialization: 'advanced', execArgv: [] })
  const asked = new Map<number, PromiseWithResolvers<Outcome>>()
  let lastId = 0
  let ended: Error | undefined
  await once(child, 'message')
  child.on('message', ({ id, outcome, error }: Reply) => {
    const waiting = asked.get(id)
    asked.delete(id)
    if (outcome) waiting?.resolve(outcome)
    else waiting?.reject(new Error(error))
  })
  child.on('exit', () => {
    ended = new Error('The process was killed.')
    for (const { reject } of asked.values()) reject(ended)
  })
  return {
    commit(change) {
      if (ended) return Promise.reject(ended)
      const answer = Promise.withResolvers<Outcome>()
      asked.set(++lastId, answer)
      child.send({ id: lastId, change }, () => undefined)
      return answer.promise
    },
    async kill() {
      const exit = once(child, 'exit')
      child.kill('SIGKILL')
      await exit
    },
  }
}

async function host(url: string): Promise<void> {
  const ledger = await openLedger(url)
  const reply = (answer: Reply): void => void process.send?.(answer)
  process.on('message', ({ id, change }: { id: number; change: Change }) => {
    ledger.commit(change).then(
      (outcome) => reply({ id, outcome }),
      (error: unknown) => reply({ id, error: String(error) }),
    )
  })
  process.on('disconnect', () => process.exit())
  reply({ id: 0 })
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await host(process.argv[2] as string)
