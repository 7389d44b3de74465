/**
 * What every sale pays for is asked of SNS and SQS by requests of ours: a fifth of the official client's CPU. They know one good ending. After
 * any other the same is asked through the official client, which tries again, rests when it is throttled, corrects the clock and names the error.
 */
import type { SNSClient } from '@aws-sdk/client-sns'
import type { SQSClient } from '@aws-sdk/client-sqs'
import { Agent } from 'undici'
import { createSigner } from './sns-sqs.signature.ts'

/** Of an HTTP request of the official client. */
type Place = { protocol: string; hostname: string; port?: number; path: string }
type Options = { service: 'sns' | 'sqs'; region: string; parallel: number; onError: (error: unknown) => void }

const TIMES = {
  timeoutMs: 10_000,
  /** After a bad ending the official client asks alone for so long: AWS gets its rest, and where ours never works that costs little. */
  officialForMs: 1000,
}
export type Times = typeof TIMES
export type Requests = ReturnType<typeof createRequests>

export function createRequests(client: SNSClient | SQSClient, { service, region, parallel, onError }: Options, times: Times = TIMES) {
  const sign = createSigner(service, region)
  // undici is what `fetch` runs on; a request of node:http is 50 us of CPU more.
  const agent = new Agent({
    connections: parallel,
    connect: { timeout: times.timeoutMs },
    headersTimeout: times.timeoutMs,
    bodyTimeout: times.timeoutMs,
  })
  const at = followPlace(client)
  let officialUntil = 0

  return {
    /** The text of an answer that is a good one as far as its status says. */
    async post(text: string, more: { 'content-type': string; 'x-amz-target'?: string }): Promise<string> {
      const { origin, host, path } = at() as At
      const body = Buffer.from(text)
      const { credentials, systemClockOffset } = client.config
      const headers = sign({ path, headers: { ...more, host }, body }, await credentials(), Date.now() + systemClockOffset)
      const answer = await agent.request({ origin, path, method: 'POST', headers, body })
      const answered = await answer.body.text()
      if (answer.statusCode !== 200) throw new Error(`status ${answer.statusCode}${codeIn(answered)}`)
      return answered
    },
    /** `ours` throws after anything but the good ending. */
    async first<T>(ours: () => Promise<T>, official: () => Promise<T>): Promise<T> {
      if (!at() || Date.now() < officialUntil) return official()
      try {
        return await ours()
      } catch (fault) {
        const isFirst = Date.now() >= officialUntil
        officialUntil = Date.now() + times.officialForMs
        const result = await official()
        if (isFirst) onError(new Error(`Only the official client could ask it of ${service.toUpperCase()}: ${String(fault)}`))
        return result
      }
    },
    /** What is under way fails. */
    close: () => agent.destroy(),
  }
}

type At = { origin: string; host: string; path: string }

/** Where the official client went last: it knows region, environment and profile. Undefined until it went somewhere. */
function followPlace(client: SNSClient | SQSClient): () => At | undefined {
  let at: At | undefined
  // The stack is that of any client; its types are those of each one.
  const { middlewareStack } = client as SNSClient
  middlewareStack.add(
    (next) => (args) => {
      const { protocol, hostname, port, path } = args.request as Place
      const host = port === undefined ? hostname : `${hostname}:${port}`
      at = { origin: `${protocol}//${host}`, host, path }
      return next(args)
    },
    { step: 'deserialize', name: 'followPlace' },
  )
  return () => at
}

/** SNS answers in XML, SQS in JSON. */
function codeIn(answer: string): string {
  const [, code] = /(?:<Code>|"__type":\s*")([\w.#]+)/.exec(answer) ?? []
  return code === undefined ? '' : ` ${code}`
}
