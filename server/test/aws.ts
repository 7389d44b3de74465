/** A server that a test lets answer as AWS would, because neither AWS nor an emulator fails on demand. */
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'

/** `isOfficial`: by the official client. */
export type Asked = { headers: IncomingHttpHeaders; body: string; isOfficial: boolean }
export type Answer = { status: number; body: string; headers?: Record<string, string> } | 'cut' | 'silence'
export type Listening = { endpoint: string; close: () => void }

/** Answers the n-th request as told, and keeps what was asked. */
export async function startAws(answer: (asked: Asked, n: number) => Answer): Promise<Listening & { asked: Asked[] }> {
  const asked: Asked[] = []
  const listening = await listen(async (request, response) => {
    const one = {
      headers: request.headers,
      body: await textOf(request),
      isOfficial: /aws-sdk-js/.test(request.headers['user-agent'] ?? ''),
    }
    const given = answer(one, asked.push(one) - 1)
    if (given === 'cut') request.socket.destroy()
    else if (given !== 'silence') response.writeHead(given.status, given.headers).end(given.body)
  })
  return { ...listening, asked }
}

export async function listen(listener: RequestListener): Promise<Listening> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const close = (): void => {
    server.close()
    server.closeAllConnections()
  }
  return { endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close }
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const part of request.setEncoding('utf8')) text += part
  return text
}

export const who = (asked: readonly Asked[]): string => asked.map(({ isOfficial }) => (isOfficial ? 'official' : 'ours')).join(' ')
