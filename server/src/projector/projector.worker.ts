/** The projector's thread: batches of messages in, what became of them out. It has its own connection to the database. */
import { constants, getPriority, setPriority } from 'node:os'
import { parentPort, workerData } from 'node:worker_threads'
import { openSql } from '../adapters.ts'
import type { PoolUse } from '../sql/sql.ts'
import { createProjector, type Projected } from './projector.ts'

/** A text is a batch of messages, a line each. */
export type ProjectorRequest = string | { do: 'close' }
export type ProjectorAnswer =
  | { projected: Projected; pool: PoolUse | undefined }
  | { error: { message: string; stack: string | undefined } }
  | { closed: true }

/** Steps of niceness: beside threads that never rest it still gets a third of what they get. 10 and 15 won no more. */
const BEHIND_BUYERS = 5

if (!parentPort) throw new Error('projector.worker.ts runs as a worker thread')
const port = parentPort
giveWay()
const sql = await openSql((workerData as { databaseUrl: string }).databaseUrl)
const projector = createProjector(sql)

port.on('message', async (request: ProjectorRequest) => {
  if (typeof request !== 'string') {
    await sql.close()
    port.postMessage({ closed: true } satisfies ProjectorAnswer)
    return port.close()
  }
  try {
    const projected = await projector.project(request.split('\n'), Date.now())
    port.postMessage({ projected, pool: sql.pool?.() } satisfies ProjectorAnswer)
  } catch (error) {
    const { message, stack } = error instanceof Error ? error : new Error(String(error))
    port.postMessage({ error: { message, stack } } satisfies ProjectorAnswer)
  }
})

/**
 * Where the cores are busy, a batch of some 100 ms must not stand in the way of those who answer buyers: 5 to 15 % more purchases on two cores, and
 * p99 17 to 20 ms instead of 20 to 24. Only Linux has a priority for each thread; elsewhere this would slow down the whole process.
 */
function giveWay(): void {
  if (process.platform !== 'linux') return
  try {
    setPriority(Math.min(getPriority() + BEHIND_BUYERS, constants.priority.PRIORITY_LOW))
  } catch {
    // Where it is forbidden, it is not worth a projector.
  }
}
