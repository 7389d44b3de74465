/** query: everything that is read, from SQL only. */
import type { StartRole } from '../roles.ts'
import { watchPositions } from './positions.ts'
import { createQueries } from './queries.ts'
import { addQueryRoutes } from './routes.ts'
import { createStreams } from './stream.ts'

export const startQueryRole: StartRole = async ({ adapters: { reader }, http, report }) => {
  const queries = createQueries(reader)
  const streams = createStreams(queries, report)
  // Positions of the reader itself: it may lag behind what is written, and says only what it has.
  addQueryRoutes(http, queries, watchPositions(reader), streams)
  return { stop: () => streams.stop() }
}
