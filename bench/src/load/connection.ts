/**
 * One HTTP/1.1 connection with one question at a time, as light as Node allows: bytes out, and of what comes back only the status, the
 * length and, for who asks, the text. Reads land in one buffer a connection (`onread`), so that no stream machinery runs.
 */
import { connect, type Socket } from 'node:net'

const READ_BYTES = 16 * 1024

export type Listener = {
  /** `head` and `body` are latin1: our bodies are ASCII. */
  answered(connection: Connection, status: number, head: string, body: () => string): void
  broken(connection: Connection): void
}

export type Connection = { send(bytes: Buffer): void; close(): void }

export function openConnection(port: number, listener: Listener): Promise<Connection> {
  let text = ''
  let expected = 0

  function read(bytes: number, buffer: Buffer): boolean {
    text += buffer.toString('latin1', 0, bytes)
    if (expected === 0) {
      const headEnd = text.indexOf('\r\n\r\n')
      if (headEnd === -1) return true
      expected = headEnd + 4 + contentLength(text, headEnd)
    }
    if (text.length >= expected) finish()
    return true
  }

  function finish(): void {
    const whole = text
    text = ''
    expected = 0
    listener.answered(connection, statusOf(whole), whole, () => whole.slice(whole.indexOf('\r\n\r\n') + 4))
  }

  let closing = false
  const onread = { buffer: Buffer.allocUnsafe(READ_BYTES), callback: read as (bytes: number, buffer: Uint8Array) => boolean }
  const socket: Socket = connect({ host: '127.0.0.1', port, noDelay: true, onread })
  const connection: Connection = {
    send: (bytes) => void socket.write(bytes),
    close() {
      closing = true
      socket.destroy()
    },
  }
  return new Promise((resolve, reject) => {
    socket.once('connect', () => resolve(connection))
    socket.once('error', reject)
    socket.once('close', () => {
      if (!closing) listener.broken(connection)
    })
  })
}

function statusOf(text: string): number {
  return (text.charCodeAt(9) - 48) * 100 + (text.charCodeAt(10) - 48) * 10 + text.charCodeAt(11) - 48
}

/** Servers differ in the capitals of "Content-Length"; ours and the echo's always send it. */
function contentLength(text: string, headEnd: number): number {
  const at = text.indexOf('ength: ')
  if (at === -1 || at > headEnd) throw new Error(`an answer without Content-Length: ${text.slice(0, headEnd)}`)
  let length = 0
  for (let i = at + 7; text.charCodeAt(i) >= 48; i++) length = length * 10 + text.charCodeAt(i) - 48
  return length
}
