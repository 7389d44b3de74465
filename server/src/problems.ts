/** Errors as they are told: one shape for all of them, RFC 9457, whoever found them. */
import { type ServerResponse, STATUS_CODES } from 'node:http'
import { Refusal, type RefusalCode, refusals } from '@onsale/contract/refusals'
import type { ErrorObject } from 'ajv'
import type { FastifyError, FastifyReply } from 'fastify'
import { CONSTANT_HEADERS, requestIdOf } from './headers.ts'
import { LedgerBusy, LedgerUnsure } from './ledger/ledger.ts'
import type { Report } from './report.ts'
import { isAway } from './sql/pool.ts'
import { fieldErrors } from './validation.ts'

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
export function refuse(response: ServerResponse, code: RefusalCode): void {
  const { status, headers, body } = bareProblem(code, requestIdOf(response.req))
  response.writeHead(status, headers).end(body)
}

/** For requests that are no HTTP at all, and so have no request object. */
export function rawProblem(code: RefusalCode): string {
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
