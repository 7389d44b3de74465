/** The thread of the embedded ledger. Messages are answered in order; a batch of commits is one transaction and one fsync. */
import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { parentPort, workerData } from 'node:worker_threads'
import type { Change, Outcome, ZoneOpening } from './ledger.ts'
import { openStore } from './sqlite.store.ts'

export type Request =
  | { do: 'commit'; changes: Change[] }
  | { do: 'open'; zones: readonly ZoneOpening[] }
  | { do: 'read'; after: number; limit: number }
  | { do: 'trim'; position: number }
  | { do: 'seats'; zone: string; at: number }
  | { do: 'ends' | 'zones' | 'close' }
export type Answer = { outcomes: Outcome[] } | { value: unknown } | { error: string }

if (!parentPort) throw new Error('sqlite.worker.ts runs as a worker thread')
const port = parentPort
const { path } = workerData as { path: string }
if (path !== ':memory:') mkdirSync(dirname(path), { recursive: true })
const store = openStore(path)

port.on('message', (request: Request) => {
  port.postMessage(answer(request))
  if (request.do === 'commit') store.checkpoint(Date.now())
  if (request.do === 'close') port.close()
})
port.postMessage({ value: 'open' })

function answer(request: Request): Answer {
  try {
    return request.do === 'commit' ? { outcomes: store.commit(request.changes, Date.now()) } : { value: work(request) }
  } catch (error) {
    return { error: String(error) }
  }
}

function work(request: Exclude<Request, { do: 'commit' }>): unknown {
  switch (request.do) {
    case 'open':
      return store.open(request.zones)
    case 'read':
      return store.read(request.after, request.limit)
    case 'trim':
      return store.trim(request.position)
    case 'seats':
      return store.seats(request.zone, request.at)
    case 'ends':
      return [store.ends()]
    case 'zones':
      return store.zones()
    case 'close':
      return store.close(Date.now())
  }
}
