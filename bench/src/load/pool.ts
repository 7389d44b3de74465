/** All connections of one plan. A broken one is replaced, a bounded number of times. */
import { type Connection, openConnection } from './connection.ts'
import type { Plan } from './plan.ts'
import type { Tally } from './tally.ts'

/** More than this and the plan stops: the server is gone. */
const MOST_BROKEN = 1000

export type Pool = {
  /** `onIdle` is called for each connection now, and whenever it was answered. */
  start(tally: Tally, onIdle: (connection: Connection) => void, onSold: OnSold): void
  send(connection: Connection, request: number, bytes: Buffer): void
  underWay(): number
  close(): void
}
export type OnSold = (head: string, body: () => string) => void

export async function openPool({ port, connections }: Pick<Plan, 'port' | 'connections'>): Promise<Pool> {
  const requestOf = new Map<Connection, number>()
  let tally: Tally | undefined
  let idle: (connection: Connection) => void = () => {}
  let sold: OnSold = () => {}
  let breaks = 0
  const listener = {
    answered(connection: Connection, status: number, head: string, body: () => string) {
      tally?.answered(requestOf.get(connection) as number, status, head, body)
      requestOf.delete(connection)
      if (status === 201) sold(head, body)
      idle(connection)
    },
    broken(connection: Connection) {
      all.delete(connection)
      if (requestOf.delete(connection)) tally?.broken()
      if (breaks++ < MOST_BROKEN) open().then(idle, () => undefined)
    },
  }
  const all = new Set<Connection>()
  async function open(): Promise<Connection> {
    const connection = await openConnection(port, listener)
    all.add(connection)
    return connection
  }
  // By the hundred: a listen queue is no deeper than it is.
  while (all.size < connections) await Promise.all(Array.from({ length: Math.min(100, connections - all.size) }, open))
  return {
    start(to, onIdle, onSold) {
      tally = to
      idle = onIdle
      sold = onSold
      for (const connection of all) onIdle(connection)
    },
    send(connection, request, bytes) {
      requestOf.set(connection, request)
      connection.send(bytes)
    },
    underWay: () => requestOf.size,
    close() {
      for (const connection of all) connection.close()
    },
  }
}
