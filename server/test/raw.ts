/** Bytes on a socket, for requests that no HTTP client would send. */
import { connect } from 'node:net'
import { type Answer, answerOf, checkAnswer } from './answer.ts'

const LONGEST_MS = 10_000

/** Sends the lines and the body as they are, and reads until the server closes: say `Connection: close`. Null when it only closes. */
export async function sendRaw(url: string, head: readonly string[], body: string | Buffer = ''): Promise<Answer | null> {
  const received = await converse(url, Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`, 'latin1'), Buffer.from(body)]))
  if (received.length === 0) return null
  const answer = parse(received.toString())
  const [method = '', path = ''] = head[0]?.split(' ') ?? []
  checkAnswer(method, path, answer)
  return answer
}

function converse(url: string, bytes: Buffer): Promise<Buffer> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    const socket = connect(Number(port), hostname, () => socket.write(bytes))
    socket.setTimeout(LONGEST_MS, () => socket.destroy(new Error('The server neither answered nor closed.')))
    socket.on('data', (chunk: Buffer) => chunks.push(chunk))
    socket.on('close', () => resolve(Buffer.concat(chunks)))
    // A server that answers early may reset the rest of a body; what it said counts.
    socket.on('error', (error: NodeJS.ErrnoException) =>
      error.code === 'ECONNRESET' || error.code === 'EPIPE' ? undefined : reject(error),
    )
  })
}

function parse(text: string): Answer {
  const split = text.indexOf('\r\n\r\n')
  const [status = '', ...lines] = text.slice(0, split).split('\r\n')
  const headers = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
  )
  const code = Number(status.split(' ')[1])
  // An interim answer comes before the real one.
  return code === 100 ? parse(text.slice(split + 4)) : answerOf(code, headers, text.slice(split + 4))
}
