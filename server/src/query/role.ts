/** query: everything that is read, from SQL only. */
import type { StartRole } from '../roles.ts'
import { watchPositions } from './positions.ts'
import { createQueries } from './queries.ts'
import { addQueryRoutes } from './routes.ts'
import { createStreams } from './stream.ts'

export const startQueryRole: StartRole = async ({ adapters: { sql }, http, report }) => {
  const queries = createQueries(sql)
  const streams = createStreams(queries, report)
  addQueryRoutes(http, queries, watchPositions(sql), streams)
  return { stop: () => streams.stop() }
}
