/** Follows sold tickets to the read side: a GET that names the position of the sale, on connections of its own. */
import { type Connection, openConnection } from './connection.ts'
import type { OnSold } from './pool.ts'

const CONNECTIONS = 16
const MOST_WAITING = 10_000

export type Follower = { sold: OnSold; end(): Promise<{ lagsMs: Float64Array; lost: string[] }> }
type Followed = { path: string; position: string; soldAtMs: number }

export async function createFollower(port: number, every: number | undefined): Promise<Follower> {
  if (every === undefined) return { sold() {}, end: async () => ({ lagsMs: new Float64Array(), lost: [] }) }
  const lags: number[] = []
  const lost: string[] = []
  const waiting: Followed[] = []
  const asking = new Map<Connection, Followed>()
  const idle: Connection[] = []
  let count = 0
  let finished = (): void => {}

  function ask(): void {
    while (idle.length > 0 && waiting.length > 0) {
      const connection = idle.pop() as Connection
      const ticket = waiting.shift() as Followed
      asking.set(connection, ticket)
      connection.send(Buffer.from(`GET ${ticket.path} HTTP/1.1\r\nHost: 127.0.0.1\r\nOnsale-After: ${ticket.position}\r\n\r\n`))
    }
    if (waiting.length === 0 && asking.size === 0) finished()
  }
  const listener = {
    answered(connection: Connection, status: number, _head: string, body: () => string) {
      const ticket = asking.get(connection) as Followed
      asking.delete(connection)
      idle.push(connection)
      if (status === 200) lags.push(performance.now() - ticket.soldAtMs)
      else if (status === 503) waiting.push(ticket)
      else lost.push(`${ticket.path} at ${ticket.position}: ${status} ${body().slice(0, 200)}`)
      ask()
    },
    broken(connection: Connection) {
      lost.push(`${asking.get(connection)?.path}: the connection broke`)
      asking.delete(connection)
      ask()
    },
  }
  for (let i = 0; i < CONNECTIONS; i++) idle.push(await openConnection(port, listener))
  return {
    sold(head) {
      if (count++ % every !== 0 || waiting.length >= MOST_WAITING) return
      const [, path] = /\r\nlocation: (\S+)/i.exec(head) ?? []
      const [, position] = /\r\nonsale-position: (\S+)/i.exec(head) ?? []
      if (!path || !position) lost.push(`a 201 without Location or Onsale-Position: ${head.slice(0, 200)}`)
      else waiting.push({ path, position, soldAtMs: performance.now() })
      ask()
    },
    async end() {
      if (waiting.length > 0 || asking.size > 0)
        await new Promise<void>((resolve) => {
          finished = resolve
          setTimeout(resolve, 10_000).unref()
        })
      for (const { path } of [...waiting, ...asking.values()]) lost.push(`${path}: not readable within 10 s`)
      for (const connection of [...idle, ...asking.keys()]) connection.close()
      return { lagsMs: Float64Array.from(lags), lost }
    },
  }
}
