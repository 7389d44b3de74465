import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { buy, getEvent, Problem, Unreachable } from './api.ts'

const wish = { venueId: 'Venue1', eventId: 'Event1', zoneId: 1, row: 'A', column: 1 }
const sold = { ticketId: 't1', row: 'A', column: '1' }

/** The browser's storage and network, as far as a test needs them. */
let asked: { url: string; key: string | null; after: string | null }[] = []
let answers: (Response | Error)[] = []

beforeEach(() => {
  asked = []
  const memory = new Map<string, string>()
  vi.stubGlobal('sessionStorage', {
    getItem: (key: string) => memory.get(key) ?? null,
    setItem: (key: string, value: string) => memory.set(key, value),
    removeItem: (key: string) => memory.delete(key),
  })
  vi.stubGlobal('fetch', async (url: string, init: RequestInit) => {
    const headers = new Headers(init.headers)
    asked.push({ url, key: headers.get('Idempotency-Key'), after: headers.get('Onsale-After') })
    const answer = answers.shift()
    if (!answer || answer instanceof Error) throw answer ?? new Error('no answer prepared')
    return answer
  })
  // The seconds between two tries pass at once.
  vi.stubGlobal('setTimeout', (ring: () => void) => queueMicrotask(ring))
})
afterEach(() => vi.unstubAllGlobals())

const json = (status: number, body: unknown, headers: Record<string, string> = {}) =>
  new Response(JSON.stringify(body), { status, headers })
const busy = () => json(503, { code: 'busy' }, { 'Retry-After': '1' })

describe('a purchase', () => {
  it('gives the tickets, one or several', async () => {
    answers = [json(201, sold), json(201, { tickets: [sold, sold] })]
    expect(await buy('take', wish, () => undefined)).toEqual([sold])
    expect(await buy('take', wish, () => undefined)).toEqual([sold, sold])
  })

  it('is repeated with the same key while the server is busy or away, then a new press has a new key', async () => {
    answers = [busy(), new TypeError('network'), json(201, sold), json(201, sold)]
    const waits: number[] = []
    await buy('take', wish, (seconds) => waits.push(seconds))
    await buy('take', wish, () => undefined)
    const keys = asked.map(({ key }) => key)
    expect(new Set(keys.slice(0, 3)).size).toBe(1)
    expect(keys[3]).not.toBe(keys[0])
    expect(waits).toEqual([1, 2])
  })

  it('gives up after four tries and keeps the key for the next press', async () => {
    answers = [busy(), busy(), busy(), new TypeError('network'), json(201, sold)]
    await expect(buy('take', wish, () => undefined)).rejects.toBeInstanceOf(Unreachable)
    await buy('take', wish, () => undefined)
    expect(new Set(asked.map(({ key }) => key)).size).toBe(1)
  })

  it('is never repeated after a refusal', async () => {
    answers = [json(409, { code: 'seat-occupied', detail: 'gone', requestId: 'r1' })]
    const failure = await buy('take', wish, () => undefined).catch((reason: unknown) => reason)
    expect(failure).toBeInstanceOf(Problem)
    expect(failure).toMatchObject({ code: 'seat-occupied', status: 409, requestId: 'r1' })
    expect(asked).toHaveLength(1)
  })

  it('keeps two buttons apart that send the same', async () => {
    answers = [busy(), busy(), busy(), busy(), busy(), busy(), busy(), busy()]
    await buy('one', wish, () => undefined).catch(() => undefined)
    await buy('other', wish, () => undefined).catch(() => undefined)
    expect(new Set(asked.map(({ key }) => key)).size).toBe(2)
  })

  it('is seen by my next read', async () => {
    answers = [json(201, sold, { 'Onsale-Position': 'p1' }), json(200, { eventId: 'Event1' })]
    await buy('take', wish, () => undefined)
    await getEvent('Event1')
    expect(asked[1]?.after).toBe('p1')
  })
})

it('takes a page that is no JSON for a failure of the server', async () => {
  answers = [new Response('<h1>Bad gateway</h1>', { status: 502 })]
  await expect(getEvent('Event1')).rejects.toMatchObject({ status: 502, code: 'internal-error' })
})
