/** What can be asked of the read side, a file for each subject. SQL in, contract shapes out; knows no HTTP. */
import type { Sql } from '../sql/sql.ts'
import { changeQueries } from './changes.ts'
import { eventQueries } from './events.ts'
import { salesQueries } from './sales.ts'
import { seatQueries } from './seats.ts'
import { ticketQueries } from './tickets.ts'
import { venueQueries } from './venues.ts'

export type Queries = ReturnType<typeof createQueries>

export function createQueries(sql: Sql) {
  return {
    ...ticketQueries(sql),
    ...salesQueries(sql),
    ...eventQueries(sql),
    ...seatQueries(sql),
    ...venueQueries(sql),
    ...changeQueries(sql),
  }
}
