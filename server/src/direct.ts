/**
 * Serves a POST with a small JSON body straight from node:http, for the one route that decides how fast a house sells out. Fastify costs
 * 8 us a request there (1.6 against 1.3 echoes, layout of a trial in ARCHITECTURE.md). Whatever is not a plain JSON request goes to the
 * Fastify route of the same path, which has the same handler, so that rules, schema and problems exist once.
 */
import type { IncomingHttpHeaders } from 'node:http'
import type { Route } from '@onsale/contract/api'
import type { FastifyInstance } from 'fastify'
import { CONSTANT_HEADERS, requestIdOf } from './headers.ts'
import { BODY_LIMIT } from './http.ts'
import { LedgerBusy } from './ledger/ledger.ts'
import { problemOf } from './problems.ts'
import type { Report } from './report.ts'
import { beginRequest } from './telemetry/requests.ts'
import type { TraceSpan } from './telemetry/tracing.ts'
import { compileBody, parseJson } from './validation.ts'
import type { WholeResponse } from './whole-response.ts'

/**
 * Purchases that are being decided. More are refused, before they are read where it is known by then, so that what is accepted waits a bounded
 * time: a third of a second where 5,000/s are sold, more on a slower machine. Less would refuse some of a thousand buyers who press at the same
 * moment. One that is still being read does not count: 1,500 lines on which no body came would have stopped the sale for everybody.
 */
export const MOST_UNDER_WAY = 1500

type Asked = { response: WholeResponse; requestId: string; begunAt: number; span: TraceSpan | undefined }
type Answer = { status: number; headers: Record<string, string>; body: string }
/** `trace`: a `traceparent` for what the handler does, where it is traced. */
type Handler<Body> = (body: Body, headers: IncomingHttpHeaders, trace: string | undefined) => Promise<Answer>

export function serveDirectly<Body>(http: FastifyInstance, report: Report, route: Route, handle: Handler<Body>): void {
  const fits = compileBody(route.schema.body as object)
  const { answered } = report.route(route.method, route.url)
  let underWay = 0
  http.direct.set(`${route.method} ${route.url}`, (request, response) => {
    if (!isPlainJson(request.headers)) return false
    const begunAt = performance.now()
    const requestId = requestIdOf(request)
    const span = report.tracing && beginRequest(report.tracing, request, route.url, requestId)
    const asked: Asked = { response, requestId, begunAt, span }
    if (underWay >= MOST_UNDER_WAY) {
      request.resume()
      refuse(asked, tooMany())
      return true
    }
    const leave = (): void => void underWay--
    const fail = (error: unknown): void => {
      leave()
      refuse(asked, error)
    }
    request.whole(
      (bytes) => {
        if (underWay >= MOST_UNDER_WAY) return refuse(asked, tooMany())
        underWay++
        try {
          handle(bodyOf(bytes), request.headers, span?.traceparent).then(({ status, headers, body }) => {
            leave()
            answer(asked, status, 'application/json; charset=utf-8', headers, body)
          }, fail)
        } catch (error) {
          fail(error)
        }
      },
      () => span?.end({}, 'The client left.'),
    )
    return true
  })

  function answer(asked: Asked, status: number, type: string, headers: Record<string, string>, body: string): void {
    const { response, requestId, begunAt, span } = asked
    write(response, status, requestId, type, headers, body)
    answered(status, begunAt, requestId, span?.traceId)
    span?.end({ 'http.response.status_code': status })
  }

  function bodyOf(bytes: Buffer): Body {
    const body = parseJson(bytes)
    if (fits(body)) return body as Body
    throw Object.assign(new Error('bad input'), { validation: fits.errors, validationContext: 'body' })
  }

  function refuse(asked: Asked, error: unknown): void {
    const { requestId, span } = asked
    const { code, status, headers, body } = problemOf(error, requestId)
    report.refused(code)
    if (code === 'internal-error') report.failed('unexpected error', error, { requestId, traceId: span?.traceId })
    const { 'content-type': type, ...rest } = headers
    answer(asked, status, type as string, rest, body)
  }
}

const tooMany = (): LedgerBusy => new LedgerBusy(`${MOST_UNDER_WAY} purchases are under way already.`)

function isPlainJson(headers: IncomingHttpHeaders): boolean {
  const type = headers['content-type']
  if (type !== 'application/json' && type?.toLowerCase() !== 'application/json; charset=utf-8') return false
  const length = headers['content-length']
  return (
    length !== undefined &&
    Number(length) > 0 &&
    Number(length) <= BODY_LIMIT &&
    headers.expect === undefined &&
    headers['content-encoding'] === undefined
  )
}

const CONSTANT = linesOf({ ...CONSTANT_HEADERS, 'cache-control': 'no-store' })

/** Of headers that are ours: a ticket's address, a position, a wait. The request id was looked at letter by letter. */
function linesOf(headers: Record<string, string>): string {
  let lines = ''
  for (const name in headers) lines += `${name}: ${headers[name]}\r\n`
  return lines
}

function write(
  response: WholeResponse,
  status: number,
  requestId: string,
  type: string,
  headers: Record<string, string>,
  body: string,
): void {
  const bytes = Buffer.byteLength(body)
  const own = `content-type: ${type}\r\ncontent-length: ${bytes}\r\nx-request-id: ${requestId}\r\n`
  response.whole(status, CONSTANT + own + linesOf(headers), body, bytes)
}
