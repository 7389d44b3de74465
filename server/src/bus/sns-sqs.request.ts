/**
 * A signed POST to where an official client of AWS went last, over connections that stay open. Credentials, clock and place are the official
 * client's, so it asks the environment, the profile, ECS or EKS as that one does, and has new credentials before the old ones expire.
 * By undici, which is what `fetch` runs on: a request of node:http is 50 us of CPU more.
 */
import type { SNSClient } from '@aws-sdk/client-sns'
import { Agent } from 'undici'
import { createSigner } from './sns-sqs.signature.ts'

/** Of an HTTP request of the official client. */
type Place = { protocol: string; hostname: string; port?: number; path: string }
export type Answer = { status: number; text: string }

type Options = { service: string; region: string; parallel: number; timeoutMs: number }

export function createRequests(client: SNSClient, { service, region, parallel, timeoutMs }: Options) {
  const sign = createSigner(service, region)
  const agent = new Agent({
    connections: parallel,
    connect: { timeout: timeoutMs },
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
  })
  let at: { origin: string; host: string; path: string } | undefined
  client.middlewareStack.add(
    (next) => (args) => {
      const { protocol, hostname, port, path } = args.request as Place
      const host = port === undefined ? hostname : `${hostname}:${port}`
      at = { origin: `${protocol}//${host}`, host, path }
      return next(args)
    },
    { step: 'deserialize', name: 'whereTheOfficialClientGoes' },
  )

  return {
    /** Once the official client has asked something. */
    isReady: () => at !== undefined,
    async post(contentType: string, text: string): Promise<Answer> {
      if (!at) throw new Error('The official client has not asked anything yet.')
      const { origin, host, path } = at
      const body = Buffer.from(text)
      const now = Date.now() + client.config.systemClockOffset
      const headers = sign({ path, headers: { 'content-type': contentType, host }, body }, await client.config.credentials(), now)
      const answer = await agent.request({ origin, path, method: 'POST', headers, body })
      return { status: answer.statusCode, text: await answer.body.text() }
    },
    /** What is under way fails. */
    close: () => agent.destroy(),
  }
}
