/**
 * A signed POST to where an official client of AWS went last, over connections that stay open. Credentials, clock and place are the official
 * client's, so it asks the environment, the profile, ECS or EKS as that one does, and it gets new ones before the old ones expire.
 */
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import type { SNSClient } from '@aws-sdk/client-sns'
import { createSigner } from './sns-sqs.signature.ts'

const TIMEOUT_MS = 10_000

/** Those of an HTTP request of the official client. */
type Place = { protocol: string; hostname: string; port?: number; path: string }
export type Answer = { status: number; text: string }

export function createRequests(client: SNSClient, service: string, region: string) {
  const sign = createSigner(service, region)
  const plain = new HttpAgent({ keepAlive: true, timeout: TIMEOUT_MS })
  const secure = new HttpsAgent({ keepAlive: true, timeout: TIMEOUT_MS })
  let place: Place | undefined
  client.middlewareStack.add(
    (next) => (args) => {
      place = args.request as Place
      return next(args)
    },
    { step: 'deserialize', name: 'placeOfLastRequest' },
  )

  return {
    /** Only once the official client has asked something. */
    isReady: () => place !== undefined,
    /** The body consists of letters that are one byte each. */
    async post(contentType: string, body: string): Promise<Answer> {
      if (!place) throw new Error('The official client has not asked anything yet.')
      const { protocol, hostname, port, path } = place
      const headers = {
        'content-length': String(body.length),
        'content-type': contentType,
        host: port === undefined ? hostname : `${hostname}:${port}`,
      }
      const signed = sign({ path, headers, body }, await client.config.credentials(), Date.now() + client.config.systemClockOffset)
      const options = { method: 'POST', hostname, port, path, headers: signed }
      return new Promise((resolve, reject) => {
        const answered = (response: IncomingMessage): void => void readAll(response).then(resolve, reject)
        const sending =
          protocol === 'https:'
            ? httpsRequest({ ...options, agent: secure }, answered)
            : httpRequest({ ...options, agent: plain }, answered)
        sending.on('error', reject)
        sending.on('timeout', () => sending.destroy(new Error(`no answer for ${TIMEOUT_MS / 1000} s`)))
        // In one write with the headers.
        sending.end(body, 'latin1')
      })
    },
    /** What is under way fails. */
    close(): void {
      plain.destroy()
      secure.destroy()
    },
  }
}

function readAll(response: IncomingMessage): Promise<Answer> {
  return new Promise((resolve, reject) => {
    let text = ''
    response.setEncoding('utf8')
    response.on('data', (part: string) => {
      text += part
    })
    response.on('error', reject)
    response.on('end', () => resolve({ status: response.statusCode ?? 0, text }))
  })
}
