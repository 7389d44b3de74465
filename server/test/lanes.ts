/** The two ways of a purchase through the server: straight from node:http, and through Fastify. They must answer alike. */
import { expect } from 'vitest'
import { type Answer, problem } from './answer.ts'
import { type Headers, TICKETS } from './client.ts'
import type { TestPlatform } from './platform.ts'

type Post = { path?: string; headers?: Headers; chunked?: boolean }
const JSON_TYPE = { 'content-type': 'application/json' }

/** The first is the direct one; every other falls to Fastify. */
const LANES: readonly Post[] = [
  { headers: JSON_TYPE },
  { headers: JSON_TYPE, chunked: true },
  { headers: { 'content-type': 'application/json;charset=UTF-8' } },
  { headers: JSON_TYPE, path: `${TICKETS}?from=the-other-side` },
]

/** Sends the body through every lane, and gives the answer that all of them gave. */
export async function throughEveryLane(onsale: TestPlatform, body: string | Buffer, headers: Headers = {}): Promise<Answer> {
  const answers: Answer[] = []
  for (const lane of LANES)
    answers.push(
      await onsale.request('POST', lane.path ?? TICKETS, {
        body,
        headers: { ...lane.headers, ...headers },
        ...(lane.chunked && { chunked: true }),
      }),
    )
  const [direct, ...others] = answers as [Answer, ...Answer[]]
  for (const other of others) expect(saidIn(other)).toEqual(saidIn(direct))
  return direct
}

/** What has to be alike: everything but the number of the request. */
function saidIn(answer: Answer) {
  const { requestId: _, ...said } = problem(answer)
  return { said, status: answer.status, type: answer.headers['content-type'] }
}
