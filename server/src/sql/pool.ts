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
