/** What every answer has to fulfil, whoever asked for what: its schema, the constant headers, and the one shape of a problem. */
import type { IncomingHttpHeaders } from 'node:http'
import * as api from '@onsale/contract/api'
import { type RefusalCode, refusals } from '@onsale/contract/refusals'
import { Ajv, type ValidateFunction } from 'ajv'
import addFormats from 'ajv-formats'
import { expect } from 'vitest'
import topology from '../../topology.json' with { type: 'json' }

export type Answer = { status: number; headers: IncomingHttpHeaders; text: string; json<T>(): T }
export type ProblemBody = {
  type: string
  title: string
  status: number
  detail: string
  code: RefusalCode
  requestId: string
  errors?: { field: string; message: string }[]
  [fact: string]: unknown
}

/** What may be said on any path: the request was no good as HTTP, or no route took it. */
const ANYWHERE = new Set<string>([
  'route-not-found',
  'method-not-allowed',
  'bad-request',
  'uri-too-long',
  'headers-too-large',
  'expectation-failed',
  'request-timeout',
  'not-ready',
])
/** Served, and not described by a schema of the contract. */
const UNDESCRIBED = /^\/(openapi\.json|metrics|docs(\/.*)?|problems(\/[^/]+)?|assets\/.*|[\w./-]*)$/

const ajv = new Ajv({ allErrors: true })
addFormats.default(ajv)

type Described = { method: string; pattern: RegExp; url: string; responses: Map<number, { type: string; fits: ValidateFunction | null }> }

const isRoute = (value: unknown): value is api.Route => typeof value === 'object' && value !== null && 'url' in value && 'method' in value

/** Every route of the contract. */
export const contractRoutes: readonly api.Route[] = [
  ...Object.values(api as Record<string, unknown>).filter(isRoute),
  ...['', '/api', ...Object.values(topology.roles).map(({ healthPath }) => healthPath.replace(/\/health$/, ''))]
    .filter((prefix, i, all) => all.indexOf(prefix) === i)
    .map(api.health),
]

const described: Described[] = contractRoutes.map(({ method, url, schema }) => ({
  method,
  url,
  pattern: new RegExp(`^${url.replaceAll('.', '\\.').replace(/:\w+/g, '[^/]+')}$`),
  responses: new Map(
    Object.entries(schema.response as Record<string, object>).map(([status, response]) => [Number(status), compiled(response)]),
  ),
}))

function compiled(response: object): { type: string; fits: ValidateFunction | null } {
  const [type, schema] =
    'content' in response
      ? (Object.entries(response.content as object)[0] as [string, { schema: object }])
      : ['application/json', { schema: response }]
  return { type, fits: type.includes('json') ? ajv.compile(closed(schema.schema)) : null }
}

/** A field that the schema does not know is a fault of the answer. */
function closed(schema: object): object {
  return JSON.parse(JSON.stringify(schema), (_, part: unknown) =>
    isOpenObject(part) ? { ...part, additionalProperties: false } : part,
  ) as object
}

function isOpenObject(part: unknown): part is object {
  return (
    typeof part === 'object' &&
    part !== null &&
    'properties' in part &&
    'type' in part &&
    part.type === 'object' &&
    !('additionalProperties' in part)
  )
}

export function answerOf(status: number, headers: IncomingHttpHeaders, text: string): Answer {
  return { status, headers, text, json: <T>() => JSON.parse(text) as T }
}

export const problem = (answer: Answer): ProblemBody => answer.json<ProblemBody>()

/** Fails the test when the answer is not what the contract says of this method and path. */
export function checkAnswer(method: string, path: string, answer: Answer): void {
  const where = `${method} ${path.slice(0, 120)} -> ${answer.status} ${answer.text.slice(0, 500)}`
  checkHeaders(answer, where)
  if (answer.status >= 400) checkProblem(method, answer, where)
  const bare = path.split('?')[0]?.replace(/^http:\/\/[^/]+/, '') as string
  const route = described.find(
    (each) => (each.method === method || (method === 'HEAD' && each.method === 'GET')) && each.pattern.test(bare),
  )
  if (!route) {
    if (answer.status < 400 && method !== 'OPTIONS') expect(bare, `${where}: a path that nothing describes`).toMatch(UNDESCRIBED)
    return
  }
  if (answer.status >= 400 && isSaidAnywhere(method, answer)) return
  const response = route.responses.get(answer.status)
  expect(response, `${where}: ${route.url} does not tell of this status`).toBeDefined()
  if (answer.text === '' || !response) return
  expect(answer.headers['content-type'], where).toBe(`${response.type}; charset=utf-8`)
  if (response.fits) expect(response.fits(answer.json()), `${where}: ${ajv.errorsText(response.fits.errors)}`).toBe(true)
}

function checkHeaders(answer: Answer, where: string): void {
  const { headers, status } = answer
  expect(headers['x-content-type-options'], where).toBe('nosniff')
  expect(headers['referrer-policy'], where).toBe('strict-origin-when-cross-origin')
  expect(headers['cache-control'], `${where}: no Cache-Control`).toBeTruthy()
  expect(headers['x-request-id'], where).toMatch(/^[\w.:/+=-]{1,128}$/)
  if (status === 503 && !isReadiness(answer)) expect(Number(headers['retry-after']), `${where}: no Retry-After`).toBeGreaterThan(0)
  if (status === 405) expect(headers.allow, `${where}: no Allow`).toContain('OPTIONS')
}

function checkProblem(method: string, answer: Answer, where: string): void {
  if (method === 'HEAD' || isReadiness(answer)) return
  if (answer.headers['content-type']?.startsWith('text/html') && answer.status === 404) return
  expect(answer.headers['content-type'], where).toBe('application/problem+json; charset=utf-8')
  const body = problem(answer)
  expect(Object.keys(refusals), `${where}: a code outside the table`).toContain(body.code)
  expect(body, where).toMatchObject({
    type: `/problems/${body.code}`,
    title: refusals[body.code].title,
    status: refusals[body.code].status,
    requestId: answer.headers['x-request-id'],
  })
  expect(answer.status, where).toBe(body.status)
  expect(body.detail.length, where).toBeGreaterThan(0)
  expect(body.code, where).not.toBe('internal-error')
  if (body.code === 'bad-input') expect(body.errors?.length, `${where}: names no field`).toBeGreaterThan(0)
}

const isReadiness = ({ status, text }: Answer): boolean => status === 503 && text.startsWith('{"status":"not-ready"')

const isSaidAnywhere = (method: string, answer: Answer): boolean =>
  method !== 'HEAD' && !isReadiness(answer) && ANYWHERE.has(problem(answer).code)
