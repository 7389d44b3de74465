/** The HTTP server: limits, what is no HTTP, constant headers, 404 and 405 that say what would work. */
import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { Refusal, type RefusalCode } from '@onsale/contract/refusals'
import Fastify, { type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { CONSTANT_HEADERS, requestIdOf } from './headers.ts'
import { rawProblem, refuse, sendProblem } from './problems.ts'
import type { Report } from './report.ts'
import { countAndTrace } from './telemetry/requests.ts'
import { compileBody, compileTexts, parseJson } from './validation.ts'
import { WholeRequest } from './whole-request.ts'
import { WholeResponse } from './whole-response.ts'

export const BODY_LIMIT = 64 * 1024

declare module 'fastify' {
  interface FastifyInstance {
    /** Paths that are served before Fastify sees them: "METHOD /path" -> listener. It returns false to leave the request to Fastify. */
    direct: Map<string, (request: WholeRequest, response: WholeResponse) => boolean>
    /** Answers who asks for HTML with the web app, once the web role is there. */
    page: Page | null
  }
}

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

function codeOfClientError(code: string | undefined): RefusalCode {
  if (code === 'HPE_HEADER_OVERFLOW') return 'headers-too-large'
  return code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 'request-timeout' : 'bad-request'
}

/** JSON only, read by the one parser of both lanes: Fastify's own ones take plain text, drop a byte order mark and refuse harmless names. */
function takeOnlyJson(http: FastifyInstance): void {
  http.removeAllContentTypeParsers()
  http.addContentTypeParser('application/json', { parseAs: 'buffer' }, async (request: FastifyRequest, body: Buffer) => {
    if (request.headers['content-encoding'] !== undefined)
      throw new Refusal('unsupported-media-type', 'Bodies are taken as they are, not compressed.')
    return parseJson(body)
  })
}

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
