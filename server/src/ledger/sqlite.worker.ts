/** The thread of the embedded ledger. Messages are answered in order; a batch of commits is one transaction and one fsync. */
import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { parentPort, workerData } from 'node:worker_threads'
import type { Place, RestoredZone, ZoneOpening } from './ledger.ts'
import { NotSynced } from './sqlite.file.ts'
import { openStore } from './sqlite.store.ts'
import { type FlatOutcomes, flattenOutcomes, formatEntries, parseChanges } from './sqlite.wire.ts'

/** A text is a batch of commits. */
export type Request =
  | string
  | { do: 'open'; zones: readonly ZoneOpening[] }
  | { do: 'read'; after: number; limit: number }
  | { do: 'trim'; position: number }
  | { do: 'seats'; zone: string; at: number }
  | { do: 'begin'; zones: readonly RestoredZone[] }
  | { do: 'restore'; first: number; changes: string }
  | { do: 'keys'; after: number; upTo: number }
  | { do: 'leave'; to: Place }
  | { do: 'ends' | 'zones' | 'end' | 'close' }
export type Answer = FlatOutcomes | { value: unknown } | { error: string }

if (!parentPort) throw new Error('sqlite.worker.ts runs as a worker thread')
const port = parentPort
const { path } = workerData as { path: string }
if (path !== ':memory:') mkdirSync(dirname(path), { recursive: true })
const store = openStore(path)

port.on('message', (request: Request) => {
  port.postMessage(answer(request))
  if (typeof request === 'string') checkpoint()
  else if (request.do === 'close') port.close()
})
port.postMessage({ value: 'open' })

function answer(request: Request): Answer {
  try {
    return typeof request === 'string' ? commit(request) : { value: work(request) }
  } catch (error) {
    if (error instanceof NotSynced) throw error
    return { error: String(error) }
  }
}

let warned = false

/** One that fails loses nothing, the log has everything: it is due again after the next batch, and sales go on. */
function checkpoint(): void {
  try {
    store.checkpoint(Date.now())
    warned = false
  } catch (error) {
    if (!warned) process.emitWarning(`The ledger could not write a checkpoint and tries again after every batch: ${String(error)}`)
    warned = true
  }
}

function commit(text: string): FlatOutcomes {
  const changes = parseChanges(text)
  return flattenOutcomes(store.commit(changes, Date.now()), changes)
}

function work(request: Exclude<Request, string>): unknown {
  switch (request.do) {
    case 'open':
      return store.open(request.zones)
    case 'read':
      return formatEntries(store.read(request.after, request.limit))
    case 'trim':
      return store.trim(request.position)
    case 'seats':
      return store.seats(request.zone, request.at)
    case 'begin':
      return store.restoring.begin(request.zones)
    case 'restore':
      return store.restoring.put(request.first, parseChanges(request.changes))
    case 'end':
      return store.restoring.end(Date.now())
    case 'keys':
      return store.keys(request.after, request.upTo)
    case 'leave':
      return store.leave(request.to)
    case 'ends':
      return [store.ends()]
    case 'zones':
      return store.zones()
    case 'close':
      return store.close(Date.now())
  }
}
