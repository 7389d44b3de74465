/** Every request that a route of Fastify answers is counted, timed, and traced where that is on. `direct.ts` does the same for its own. */
import type { IncomingMessage } from 'node:http'
import type { FastifyInstance } from 'fastify'
import type { Report } from '../report.ts'
import type { TraceSpan, Tracing } from './tracing.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** `performance.now()` when it came. */
    begunAt: number
    /** Where it is traced. */
    span: TraceSpan | undefined
  }
}

/** Of whatever no route answers: paths are anybody's invention, and each label is a series for ever. */
const NO_ROUTE = '(none)'

export function countAndTrace(http: FastifyInstance, report: Report): void {
  http.decorateRequest('begunAt', 0)
  http.decorateRequest('span', undefined)
  http.addHook('onRequest', (request, _, done) => {
    request.begunAt = performance.now()
    if (report.tracing) request.span = beginRequest(report.tracing, request.raw, request.routeOptions.url ?? NO_ROUTE, request.id)
    done()
  })
  http.addHook('onResponse', ({ method, routeOptions: { url = NO_ROUTE }, begunAt, id, span }, { raw, statusCode }, done) => {
    // A live stream is answered when it begins, and ends when its listener goes: neither is how long an answer took.
    const isStream = raw.getHeader('content-type') === 'text/event-stream; charset=utf-8'
    if (!isStream) report.route(method, url).answered(statusCode, begunAt, id, span?.traceId)
    span?.end({ 'http.response.status_code': statusCode })
    done()
  })
}

export function beginRequest(
  tracing: Tracing,
  { method = '', headers }: IncomingMessage,
  route: string,
  requestId: string,
): TraceSpan | undefined {
  const parent = typeof headers.traceparent === 'string' ? headers.traceparent : undefined
  const attributes = { 'http.request.method': method, 'http.route': route, 'onsale.request_id': requestId }
  return tracing.begin(`${method} ${route}`, 'server', parent, attributes)
}
