/**
 * Stands between our processes and an engine, and is as bad a network as it is told to be: connections break, are slow, or lose the answers
 * to what the engine has done.
 */
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'

export type FaultyWire = {
  port: number
  /** Breaks every connection now; new ones are taken. Returns how many. */
  cut(): number
  /** Both directions are late by so much from now on; 0: as fast as it is. */
  delay(ms: number): void
  /** From now on the engine hears every question and no answer arrives; then the connections break. Returns how many answers were lost. */
  swallow(forMs: number): Promise<number>
  close(): Promise<void>
}

/** `at`: the port to listen on; 0: any. */
export async function startProxy(host: string, port: number, at = 0): Promise<FaultyWire> {
  const connections = new Set<Socket>()
  let lateMs = 0
  let isDeaf = false
  let swallowed = 0

  /** In order, whatever the delays. */
  function carry(from: Socket, to: Socket, arrives: () => boolean): void {
    let last: Promise<unknown> = Promise.resolve()
    from.on('data', (bytes) => {
      if (!arrives()) return
      const late = lateMs > 0 ? wait(lateMs) : undefined
      last = Promise.all([last, late]).then(() => {
        if (to.writable && !to.write(bytes)) {
          from.pause()
          to.once('drain', () => from.resume())
        }
      })
    })
    from.on('end', () => void last.then(() => to.end()))
    from.on('error', () => to.destroy())
    from.on('close', () => {
      connections.delete(from)
      to.destroy()
    })
  }

  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    const engine = connect({ host, port, noDelay: true, allowHalfOpen: true })
    connections.add(client).add(engine)
    carry(client, engine, () => true)
    carry(engine, client, () => {
      if (isDeaf) swallowed++
      return !isDeaf
    })
  }).listen(at, '127.0.0.1')
  await once(server, 'listening')

  function cut(): number {
    const broken = connections.size / 2
    for (const socket of connections) socket.destroy()
    return Math.ceil(broken)
  }

  return {
    port: (server.address() as AddressInfo).port,
    cut,
    delay(ms) {
      lateMs = ms
    },
    async swallow(forMs) {
      swallowed = 0
      isDeaf = true
      await wait(forMs)
      cut()
      isDeaf = false
      return swallowed
    },
    async close() {
      cut()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
