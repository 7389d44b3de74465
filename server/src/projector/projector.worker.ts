/** The projector's thread: batches of messages in, what became of them out. It has its own connection to the database. */
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

if (!parentPort) throw new Error('projector.worker.ts runs as a worker thread')
const port = parentPort
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
