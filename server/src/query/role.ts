/** query: everything that is read, from SQL only. */
import { Refusal } from '@onsale/contract/refusals'
import { checkDatabase } from '../checks.ts'
import type { StartRole } from '../roles.ts'
import { watchPositions } from './positions.ts'
import { createQueries } from './queries.ts'
import { addQueryRoutes } from './routes.ts'
import { createStreams } from './stream.ts'

export const startQueryRole: StartRole = async ({ config, adapters, prepare, http, report }) => {
  const reader = await adapters.reader()
  const isReplica = config.databaseReaderUrl !== null
  const queries = createQueries(reader)
  const streams = createStreams(queries, report)
  let isOpen = false
  await http.register(async (scope) => {
    scope.addHook('onRequest', async () => {
      if (!isOpen) throw new Refusal('not-ready', 'The read side is being opened.', { retryAfter: 1 })
    })
    // Positions of the reader itself: it may lag behind what is written, and says only what it has.
    addQueryRoutes(scope, queries, watchPositions(reader), streams)
  })
  // Whoever listens comes back with the last id, to another process. Before the server waits for what is under way: a stream never ends.
  http.addHook('preClose', () => streams.stop())
  return {
    async open() {
      // A replica gets its tables from the database it copies, and answers while that one is away.
      if (!isReplica) await prepare()
      isOpen = true
    },
    checks: () => checkDatabase(reader, isReplica ? 'reader' : 'database', 'failing'),
    stop: () => streams.stop(),
  }
}
