/** The HTTP server: limits, request ids, constant headers, one shape of error, 404 and 405 that say what would work, health and description. */
import { isUtf8 } from 'node:buffer'
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import { type FieldError, Refusal, type RefusalCode, refusals } from '@onsale/contract/refusals'
import { Ajv, type ErrorObject } from 'ajv'
import addFormats from 'ajv-formats'
import Fastify, { type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { LedgerBusy, LedgerUnsure } from './ledger/ledger.ts'
import type { Report } from './report.ts'
import { isAway } from './sql/pool.ts'
import { countAndTrace } from './telemetry/requests.ts'
import { wanted, wantedOfUnion } from './wanted.ts'
import { WholeRequest } from './whole-request.ts'
import { WholeResponse } from './whole-response.ts'

export const BODY_LIMIT = 64 * 1024

/** On every answer. The API needs no policy for scripts; pages bring their own. */
export const CONSTANT_HEADERS = { 'x-content-type-options': 'nosniff', 'referrer-policy': 'strict-origin-when-cross-origin' } as const

declare module 'fastify' {
  interface FastifyInstance {
    /** Paths that are served before Fastify sees them: "METHOD /path" -> listener. It returns false to leave the request to Fastify. */
    direct: Map<string, (request: WholeRequest, response: WholeResponse) => boolean>
    /** Answers who asks for HTML with the web app, once the web role is there. */
    page: Page | null
  }
}

// ---------------------------------------------------------------- the server

export function createHttp(report: Report, bodyTimeoutMs = 30_000): FastifyInstance {
  const direct: FastifyInstance['direct'] = new Map()
  const turnAway = (response: ServerResponse, code: RefusalCode): void => {
    report.refused(code)
    refuse(response, code)
  }
  const serverFactory = (handler: RequestListener): Server => {
    const server = createServer(
      {
        IncomingMessage: WholeRequest,
        ServerResponse: WholeResponse,
        requestTimeout: bodyTimeoutMs,
        headersTimeout: bodyTimeoutMs,
        // Node looks for late requests every 30 s otherwise, and half a minute becomes a whole one.
        connectionsCheckingInterval: 2000,
        keepAliveTimeout: 72_000,
        maxHeaderSize: 16 * 1024,
        requireHostHeader: false,
      },
      (request: WholeRequest, response: WholeResponse) => {
        // Node's own 400 is bare.
        if (request.headers.host === undefined && request.httpVersion === '1.1') return turnAway(response, 'bad-request')
        const first = direct.get(`${request.method} ${request.url}`)
        if (!first?.(request, response)) handler(request, response)
      },
    )
    server.on('checkExpectation', (_, response: ServerResponse) => turnAway(response, 'expectation-failed'))
    return server
  }
  const http: FastifyInstance = Fastify({
    serverFactory,
    bodyLimit: BODY_LIMIT,
    genReqId: (request) => requestIdOf(request),
    clientErrorHandler: (error, socket) => answerNonsense(error.code, socket, report),
    // 100 characters, each up to nine when percent-encoded.
    routerOptions: { maxParamLength: 900 },
    // What still comes on an open connection is done; the connection ends with it.
    return503OnClosing: false,
    frameworkErrors: (error, request, reply) => {
      // An address that cannot be read, as in /shows/%, is a page that is not there.
      const isMistyped = (error as FastifyError).code === 'FST_ERR_BAD_URL'
      if (isMistyped && http.page?.(request as FastifyRequest, reply as FastifyReply, 404)) return
      sendProblem(reply as FastifyReply, error as FastifyError, request.id, report)
    },
  })
  http.decorate('direct', direct)
  http.decorate('page', null)
  takeOnlyJson(http)
  countAndTrace(http, report)
  http.setValidatorCompiler(({ schema, httpPart }) => (httpPart === 'body' ? compileBody : compileTexts)(schema as object))
  http.setErrorHandler((error: FastifyError, request, reply) => sendProblem(reply, error, request.id, report))
  http.addHook('onRequest', (request, reply, done) => {
    reply.headers({ ...CONSTANT_HEADERS, 'x-request-id': request.id, 'cache-control': 'no-store' })
    done()
  })
  return http
}

function answerNonsense(errorCode: string | undefined, socket: Socket, report: Report): void {
  if (!socket.writable || errorCode === 'ECONNRESET') return void socket.destroy()
  // A request that came whole before the nonsense gets its own answer, the last: a 400 in its place would say that nothing was sold.
  const answering = (socket as { _httpMessage?: ServerResponse })._httpMessage
  if (answering?.req.complete) {
    answering.shouldKeepAlive = false
    return
  }
  const code = codeOfClientError(errorCode)
  report.refused(code)
  socket.end(rawProblem(code))
  socket.destroySoon()
}

let counter = 0
const boot = Date.now().toString(36)

/** The client's id when it is sane, else one of ours. */
export function requestIdOf({ headers }: Pick<IncomingMessage, 'headers'>): string {
  const given = headers['x-request-id']
  return typeof given === 'string' && /^[\w.:/+=-]{1,128}$/.test(given) ? given : `${boot}-${(++counter).toString(36)}`
}

// ---------------------------------------------------------------- bodies

/** JSON only, read by the one parser of both lanes: Fastify's own ones take plain text, drop a byte order mark and refuse harmless names. */
function takeOnlyJson(http: FastifyInstance): void {
  http.removeAllContentTypeParsers()
  http.addContentTypeParser('application/json', { parseAs: 'buffer' }, async (request: FastifyRequest, body: Buffer) => {
    if (request.headers['content-encoding'] !== undefined)
      throw new Refusal('unsupported-media-type', 'Bodies are taken as they are, not compressed.')
    return parseJson(body)
  })
}

/** Bytes that are no UTF-8 would become other letters without a word, and two different bodies the same. 30 ns to look. */
export function parseJson(body: Buffer): unknown {
  if (!isUtf8(body)) throw malformed('is not UTF-8')
  try {
    return JSON.parse(body.toString())
  } catch {
    throw malformed('is not a JSON object')
  }
}

const malformed = (message: string): Refusal =>
  new Refusal('malformed-json', refusals['malformed-json'].about, { errors: [{ field: 'body', message }] })

// ---------------------------------------------------------------- validation

/** "1" is no number in a body. */
function withFormats(ajv: Ajv): Ajv {
  addFormats.default(ajv, ['date-time', 'uuid'])
  const written = addFormats.default.get('date-time') as { validate: (text: string) => boolean }
  // Also one that Date can read: RFC 3339 knows leap seconds.
  return ajv.addFormat('date-time', (text: string) => written.validate(text) && !Number.isNaN(Date.parse(text)))
}

/** All faults are told, with the descriptions of their schemas (`verbose`). */
const ajv = withFormats(new Ajv({ allErrors: true, useDefaults: true, verbose: true }))
/** Says only whether: it makes no list of what a seat's column might have been and is not. */
const quick = withFormats(new Ajv({ useDefaults: true }))

type Fits = { (body: unknown): boolean; errors?: ErrorObject[] | null }

export function compileBody(schema: object): Fits {
  const [isFit, tell] = [quick.compile(schema), ajv.compile(schema)]
  const fits: Fits = (body) => {
    if (isFit(body)) return true
    const isFine = tell(body)
    fits.errors = tell.errors ?? null
    return isFine
  }
  return fits
}

type Texts = Record<string, unknown>

/** Paths, queries and headers are texts by nature: one of digits is a number where one is wanted. Ajv's own coercion takes "0x10" and "1e309". */
function compileTexts(schema: object): (texts: Texts) => { value: Texts } | { error: ErrorObject[] } {
  const fits = ajv.compile(schema)
  const { properties = {} } = schema as { properties?: Record<string, { type?: string }> }
  const numbers = Object.keys(properties).filter((name) => properties[name]?.type === 'integer')
  return (texts) => {
    for (const name of numbers) if (/^-?\d{1,15}$/.test(String(texts[name]))) texts[name] = Number(texts[name])
    return fits(texts) ? { value: texts } : { error: fits.errors ?? [] }
  }
}

/** `seats[0].column` for `/seats/0/column`; one error a field, the first that was found. */
export function fieldErrors(errors: readonly ErrorObject[]): FieldError[] {
  const fields = new Map<string, string>()
  const unions = new Map(errors.filter(({ keyword }) => keyword === 'anyOf').map((error) => [error.instancePath, wantedOfUnion(error)]))
  for (const error of errors) {
    const { instancePath, keyword, params } = error
    if (keyword === 'anyOf' || fields.size >= 50) continue
    const path = instancePath
      .split('/')
      .slice(1)
      .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    if (keyword === 'required') path.push(String(params.missingProperty))
    if (keyword === 'additionalProperties') path.push(String(params.additionalProperty))
    const field = path.reduce((text, part) => (/^\d+$/.test(part) ? `${text}[${part}]` : text ? `${text}.${part}` : part), '')
    if (!fields.has(field)) fields.set(field, unions.get(instancePath) ?? wanted(error))
  }
  return [...fields].map(([field, message]) => ({ field: field || 'body', message }))
}

// ---------------------------------------------------------------- problems

export type Problem = { status: number; body: string; headers: Record<string, string> }

/** The one shape of every error. */
export function problemOf(error: unknown, requestId: string): Problem & { code: RefusalCode } {
  const { code, detail, facts } = explain(error)
  const { status, title } = refusals[code]
  const { retryAfter, allow, ...shown } = facts
  const headers: Record<string, string> = { 'content-type': 'application/problem+json; charset=utf-8' }
  if (status === 503) headers['retry-after'] = String(retryAfter ?? 1)
  if (typeof allow === 'string') headers.allow = allow
  return { code, status, headers, body: JSON.stringify({ type: `/problems/${code}`, title, status, detail, code, requestId, ...shown }) }
}

function explain(error: unknown): { code: RefusalCode; detail: string; facts: Record<string, unknown> } {
  if (error instanceof Refusal) return { code: error.code, detail: error.message, facts: error.facts }
  if (error instanceof LedgerBusy) return { code: 'busy', detail: `${error.message} Try again.`, facts: {} }
  if (error instanceof LedgerUnsure) return { code: 'not-ready', detail: error.message, facts: {} }
  if (isAway(error)) return { code: 'not-ready', detail: 'The database does not answer. Try again.', facts: { retryAfter: 2 } }
  const { code, validation, validationContext } = error as Partial<FastifyError>
  if (validation) {
    const errors = fieldErrors(validation as ErrorObject[]).map(({ field, message }) => ({
      field: field === 'body' && validationContext !== 'body' ? (validationContext ?? field) : field,
      message,
    }))
    return { code: 'bad-input', detail: errors.map(({ field, message }) => `${field}: ${message}`).join('; '), facts: { errors } }
  }
  const known = FRAMEWORK_CODES[code ?? '']
  if (known) return { code: known, detail: refusals[known].about, facts: {} }
  const status = (error as Partial<FastifyError>).statusCode
  if (status !== undefined && status >= 400 && status < 500)
    return { code: 'bad-request', detail: refusals['bad-request'].about, facts: {} }
  return { code: 'internal-error', detail: refusals['internal-error'].about, facts: {} }
}

const FRAMEWORK_CODES: Record<string, RefusalCode> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'body-too-large',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'unsupported-media-type',
  FST_ERR_CTP_EMPTY_TYPE: 'unsupported-media-type',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'bad-request',
  FST_ERR_MAX_PARAM_LENGTH: 'uri-too-long',
  FST_ERR_BAD_URL: 'bad-request',
}

export function sendProblem(reply: FastifyReply, error: unknown, requestId: string, report: Report): FastifyReply {
  const { code, status, headers, body } = problemOf(error, requestId)
  if (code === 'internal-error') report.failed('unexpected error', error, { requestId, traceId: reply.request.span?.traceId })
  report.refused(code)
  return reply
    .status(status)
    .headers({ ...CONSTANT_HEADERS, 'x-request-id': requestId, 'cache-control': 'no-store', ...headers })
    .serializer((text: string) => text)
    .send(body)
}

/** For requests that reach no route, and no Fastify. The connection ends with it. */
function refuse(response: ServerResponse, code: RefusalCode): void {
  const { status, headers, body } = bareProblem(code, requestIdOf(response.req))
  response.writeHead(status, headers).end(body)
}

/** For requests that are no HTTP at all, and so have no request object. */
function rawProblem(code: RefusalCode): string {
  const { status, headers, body } = bareProblem(code, requestIdOf({ headers: {} }))
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  return `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${body}`
}

function bareProblem(code: RefusalCode, requestId: string): Problem {
  const { status, headers, body } = problemOf(new Refusal(code, refusals[code].about), requestId)
  const more = {
    'x-request-id': requestId,
    'cache-control': 'no-store',
    'content-length': String(Buffer.byteLength(body)),
    connection: 'close',
  }
  return { status, headers: { ...CONSTANT_HEADERS, ...headers, ...more }, body }
}

function codeOfClientError(code: string | undefined): RefusalCode {
  if (code === 'HPE_HEADER_OVERFLOW') return 'headers-too-large'
  return code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 'request-timeout' : 'bad-request'
}

// ---------------------------------------------------------------- what is not there

/** Null: this is not for a person who reads. `status`: 200 for an address that is a page of the app, else 404, unless somebody knows better. */
export type Page = (request: FastifyRequest, reply: FastifyReply, status?: 200 | 404) => FastifyReply | null

/** 404 with the prefixes being served, 405 with the methods that would work, 204 for OPTIONS. */
export function answerTheRest(http: FastifyInstance, report: Report, prefixes: readonly string[]): void {
  const known: { method: string; pattern: RegExp; summary: string }[] = []
  http.addHook('onRoute', ({ method, url, schema }) => {
    const pattern = new RegExp(
      `^${url
        .replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
        .replace(/:\w+/g, '[^/]+')
        .replaceAll('\\*', '.*')}$`,
    )
    for (const name of [method].flat())
      known.push({ method: name, pattern, summary: (schema as { summary?: string } | undefined)?.summary ?? '' })
  })
  http.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?')[0] as string
    const here = known.filter(({ pattern }) => pattern.test(path))
    // A route that took the method and found nothing behind it is a 404 like any other.
    if (here.length > 0 && !here.some(({ method }) => method === request.method)) {
      const methods = [...new Set([...here.map(({ method }) => method), 'OPTIONS'])]
      if (request.method === 'OPTIONS') return reply.status(204).header('allow', methods.join(', ')).send()
      const facts = { supportedMethods: methods, allow: methods.join(', ') }
      return sendProblem(
        reply,
        new Refusal('method-not-allowed', here.find(({ summary }) => summary)?.summary ?? 'This path takes other methods.', facts),
        request.id,
        report,
      )
    }
    const answered = http.page?.(request, reply)
    if (answered) return answered
    return sendProblem(
      reply,
      new Refusal('route-not-found', `Nothing is at ${path.slice(0, 200)}.`, { path: path.slice(0, 200), availableServices: prefixes }),
      request.id,
      report,
    )
  })
}
