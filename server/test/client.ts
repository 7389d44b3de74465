/** An HTTP client that checks every answer against the contract. */
import { Agent, request as send } from 'node:http'
import type { Wish } from '@onsale/contract/wish'
import { expect } from 'vitest'
import { type Answer, answerOf, checkAnswer, problem } from './answer.ts'

export type Headers = Record<string, string | string[]>
/** `json` is sent as JSON with its length; `body` as it is, with the headers given; `chunked` without a length. */
export type Sent = { json?: unknown; body?: string | Buffer; headers?: Headers; chunked?: boolean }

export type Client = {
  url: string
  request(method: string, path: string, sent?: Sent): Promise<Answer>
  get(path: string, headers?: Headers): Promise<Answer>
  /** Waits until what `position` stands for is visible, and throws unless the answer is 200. */
  read<T>(path: string, position?: string): Promise<T>
  buy(wish: BuyWish, headers?: Headers): Promise<Answer>
  close(): void
}
/** A wish as clients write it: the contract's, or anything else that a test wants to see refused. */
export type BuyWish = Partial<Wish> | Record<string, unknown>

export const TICKETS = '/purchase/api/v1/tickets'

export function createClient(url: string): Client {
  const agent = new Agent({ keepAlive: true, maxSockets: 200 })
  const resolved = new Map<string, Promise<void>>()

  async function request(method: string, path: string, sent: Sent = {}): Promise<Answer> {
    const answer = await exchange(agent, url, method, path, sent)
    checkAnswer(method, path, answer)
    if (answer.headers['content-type']?.startsWith('application/problem+json') && answer.text) await resolves(problem(answer).type)
    return answer
  }

  /** The page that `type` names is really served, and is about that code. Asked once per code. */
  function resolves(type: string): Promise<void> {
    const known = resolved.get(type)
    if (known) return known
    const asking = exchange(agent, url, 'GET', type, {}).then((page) => {
      expect(page.status, type).toBe(200)
      expect(`/problems/${page.json<{ code: string }>().code}`).toBe(type)
    })
    resolved.set(type, asking)
    return asking
  }

  const get: Client['get'] = (path, headers = {}) => request('GET', path, { headers })

  return {
    url,
    request,
    get,
    async read<T>(path: string, position?: string) {
      const answer = await get(path, position === undefined ? {} : { 'onsale-after': position })
      expect(answer.status, answer.text).toBe(200)
      return answer.json<T>()
    },
    buy: (wish, headers = {}) => request('POST', TICKETS, { json: wish, headers }),
    close: () => agent.destroy(),
  }
}

function exchange(agent: Agent, url: string, method: string, path: string, { json, body, headers = {}, chunked }: Sent): Promise<Answer> {
  const content = json === undefined ? body : JSON.stringify(json)
  const { hostname, port } = new URL(url)
  const all: Headers = { ...(json !== undefined && { 'content-type': 'application/json' }), ...headers }
  if (content !== undefined && !chunked) all['content-length'] ??= String(Buffer.byteLength(content))
  return new Promise((resolve, reject) => {
    const request = send({ agent, hostname, port, method, path, headers: all }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () => resolve(answerOf(response.statusCode ?? 0, response.headers, Buffer.concat(chunks).toString())))
      response.on('error', reject)
    })
    request.on('error', reject)
    if (chunked && content) request.write(content)
    request.end(chunked ? undefined : content)
  })
}
