/** A buyer's connection, which may break at any time: each question is answered, or rejects with ConnectionLost. The next one is to the next server. */
import { type Connection, openConnection } from '../load/connection.ts'

export type Answer = { status: number; head: string; body: string }
export type Line = { ask(bytes: Buffer): Promise<Answer>; close(): void }

/** Longer than any answer may take; what waits so long is as good as lost. */
const ANSWER_MS = 20_000

export class ConnectionLost extends Error {}

/** To any of the servers on `ports`, the first time to the one at `first`. */
export function openLine(ports: readonly number[], first: number): Line {
  let connection: Connection | undefined
  let turn = first
  let settle: ((answer: Answer | ConnectionLost) => void) | undefined

  const listener = {
    answered: (_: Connection, status: number, head: string, body: () => string) => settle?.({ status, head, body: body() }),
    broken() {
      connection = undefined
      settle?.(new ConnectionLost('the connection broke'))
    },
  }
  return {
    async ask(bytes) {
      connection ??= await openConnection(ports[turn++ % ports.length] as number, listener).catch(() => {
        throw new ConnectionLost('nobody listens')
      })
      const open = connection
      const answer = await new Promise<Answer | ConnectionLost>((resolve) => {
        const hung = setTimeout(() => resolve(new ConnectionLost('no answer in time')), ANSWER_MS)
        settle = (result) => {
          clearTimeout(hung)
          resolve(result)
        }
        open.send(bytes)
      })
      settle = undefined
      if (!(answer instanceof ConnectionLost)) return answer
      open.close()
      connection = undefined
      throw answer
    },
    close: () => connection?.close(),
  }
}

/** `key` null: without one. */
export function purchaseBytes(key: string | null, wish: object): Buffer {
  const body = JSON.stringify(wish)
  const keyLine = key === null ? '' : `Idempotency-Key: ${key}\r\n`
  return Buffer.from(
    `POST /purchase/api/v1/tickets HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n${keyLine}Content-Length: ${body.length}\r\n\r\n${body}`,
    'latin1',
  )
}
