/** All that is asked of the server, typed by the contract. A refusal is a Problem, no answer at all is Unreachable. */
import type { EventDetail, EventSummary, ZoneSeats } from '@onsale/contract/events'
import type { SoldTicket, SoldTickets, Ticket } from '@onsale/contract/tickets'
import type { Wish } from '@onsale/contract/wish'
import { hearDate } from './clock.ts'
import { answered, keyOf } from './intentions.ts'
import { after, hearPosition } from './positions.ts'

export class Problem extends Error {
  readonly status: number
  readonly code: string
  readonly requestId: string
  readonly retryAfterSeconds: number
  /** The whole answer: what a refusal says beside its code. */
  readonly facts: Readonly<Record<string, unknown>>
  constructor(status: number, facts: Readonly<Record<string, unknown>>, retryAfterSeconds: number) {
    super(String(facts.detail ?? facts.title ?? status))
    this.name = 'Problem'
    this.status = status
    this.code = typeof facts.code === 'string' ? facts.code : 'internal-error'
    this.requestId = String(facts.requestId ?? '')
    this.retryAfterSeconds = retryAfterSeconds
    this.facts = facts
  }
}

export class Unreachable extends Error {
  override readonly name = 'Unreachable'
}

export type EventsQuery = {
  q?: string | undefined
  type?: string | undefined
  from?: string | undefined
  to?: string | undefined
  venueId?: string | undefined
}

const query = '/query/api/v1'
const eventUrl = (eventId: string) => `${query}/events/${encodeURIComponent(eventId)}`
export const streamUrl = (eventId: string) => `${eventUrl(eventId)}/stream`

export const getEvents = (filter: EventsQuery, signal?: AbortSignal): Promise<EventSummary[]> => {
  const parameters = Object.entries({ ...filter, limit: '200' }).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]]))
  return read(`${query}/events?${new URLSearchParams(parameters)}`, signal)
}
export const getEvent = (eventId: string, signal?: AbortSignal): Promise<EventDetail> => read(eventUrl(eventId), signal)
export const getTicket = (ticketId: string, signal?: AbortSignal): Promise<Ticket> =>
  read(`${query}/tickets/${encodeURIComponent(ticketId)}`, signal)

/** What a code of the interface means. */
export const getProblem = (code: string, signal?: AbortSignal): Promise<{ status: number; title: string; about: string }> =>
  read(`/problems/${encodeURIComponent(code)}`, signal)

/** `null`: nothing has changed since the ETag. */
export async function getSeats(
  eventId: string,
  zoneId: number,
  etag: string | null,
): Promise<{ zone: ZoneSeats; etag: string | null } | null> {
  const headers = { ...after(), ...(etag ? { 'If-None-Match': etag } : {}) }
  // `no-store`: the browser's cache would turn the 304 into a 200 and take the decision from us.
  const response = await ask(`${eventUrl(eventId)}/zones/${zoneId}/seats`, { headers, cache: 'no-store' })
  if (response.status === 304) return null
  return { zone: (await content(response)) as ZoneSeats, etag: response.headers.get('ETag') }
}

/** Buys at once. `button` tells two intentions with the same body apart; `waiting` hears how long until the next try. */
export async function buy(button: string, wish: Wish, waiting: (seconds: number) => void): Promise<SoldTicket[]> {
  const sold = await write<SoldTicket | SoldTickets>('/purchase/api/v1/tickets', button, wish, waiting)
  return 'tickets' in sold ? sold.tickets : [sold]
}

async function read<T>(url: string, signal?: AbortSignal): Promise<T> {
  return (await content(await ask(url, { headers: after(), ...(signal && { signal }) }))) as T
}

const triesInAll = 4
const longestWaitSeconds = 10

async function write<T>(url: string, button: string, body: unknown, waiting: (seconds: number) => void): Promise<T> {
  const headers = { 'Content-Type': 'application/json', 'Idempotency-Key': keyOf(button, body) }
  for (let tries = 1; ; tries++) {
    try {
      const response = await ask(url, { method: 'POST', headers, body: JSON.stringify(body) })
      hearPosition(response.headers.get('Onsale-Position'))
      const answer = (await content(response)) as T
      answered(button, body)
      return answer
    } catch (failure) {
      // A refusal is an answer. A failure of the server is not: the key stays, so that another press cannot buy twice.
      if (failure instanceof Problem && failure.status < 500) answered(button, body)
      if (!isPassing(failure) || tries === triesInAll) throw failure
      const seconds = waitSeconds(failure, tries)
      waiting(seconds)
      await new Promise((resolve) => setTimeout(resolve, seconds * 1000))
    }
  }
}

export function isPassing(failure: unknown): failure is Problem | Unreachable {
  return failure instanceof Unreachable || (failure instanceof Problem && failure.status === 503)
}

export function waitSeconds(failure: Problem | Unreachable, tries: number): number {
  return failure instanceof Problem ? Math.min(failure.retryAfterSeconds, longestWaitSeconds) : tries
}

async function ask(url: string, init: RequestInit): Promise<Response> {
  const response = await fetch(url, init).catch((cause: unknown) => {
    if (init.signal?.aborted) throw cause
    throw new Unreachable('no answer', { cause })
  })
  hearDate(response.headers.get('Date'))
  return response
}

async function content(response: Response): Promise<unknown> {
  const text = await response.text().catch((cause: unknown) => {
    throw new Unreachable('the answer broke off', { cause })
  })
  const body = asObject(text)
  if (response.ok && body !== undefined) return body
  throw new Problem(response.status, body ?? {}, Number(response.headers.get('Retry-After')) || 1)
}

/** A proxy in between may answer with a page of its own. */
function asObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}
