/** Connections to a database server: `?pool=` of its URL is ours, everything else the driver's. */

export const CONNECT_WITHIN_MS = 5000
export const STATEMENT_WITHIN_MS = 30_000
/** What PostgreSQL's pool has by default: two cores of a server are busy with fewer. */
const POOL_SIZE = 10

export function poolOf(url: string): { address: string; size: number } {
  const address = new URL(url)
  const size = Number(address.searchParams.get('pool') ?? POOL_SIZE)
  address.searchParams.delete('pool')
  return { address: address.href, size }
}

/** Of the way to the server, and what a server says that stops, starts, has no connection left, or was not done within the time for a statement. */
const AWAY = new Set([
  ...['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOTFOUND', 'EAI_AGAIN'],
  ...['57014', '57P01', '57P02', '57P03', '53300', '08000', '08001', '08003', '08004', '08006'],
  ...['PROTOCOL_CONNECTION_LOST', 'ER_SERVER_SHUTDOWN', 'ER_CON_COUNT_ERROR', 'ER_NEW_ABORTING_CONNECTION', 'ER_CONNECTION_KILLED'],
  'ER_QUERY_TIMEOUT',
])
/** MariaDB: a statement took too long; the driver has no name for it. */
const TOOK_TOO_LONG = 1969
/** SQLite: somebody else writes to the file. */
const BUSY = 5
/** pg gives these no code. */
const AWAY_IN_WORDS = /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error)/

/** Whether the database could not be asked, as against a question that it refused. */
export function isAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  if (error instanceof AggregateError && error.errors.some(isAway)) return true
  const { code, errno, errcode } = error as NodeJS.ErrnoException & { errcode?: number }
  return AWAY.has(String(code)) || errno === TOOK_TOO_LONG || errcode === BUSY || AWAY_IN_WORDS.test(error.message)
}
