/** A reader of live streams, as a browser's EventSource is one. */
import { type IncomingMessage, request } from 'node:http'
import type { EventDetail } from '@onsale/contract/events'
import { EventDetail as EventDetailSchema } from '@onsale/contract/events'
import type { StreamChange } from '@onsale/contract/live-stream'
import { StreamChange as StreamChangeSchema } from '@onsale/contract/live-stream'
import { Ajv } from 'ajv'
import addFormats from 'ajv-formats'
import { expect } from 'vitest'
import { until } from './until.ts'

export type LiveMessage = { id: number } & ({ kind: 'snapshot'; event: EventDetail } | { kind: 'change'; change: StreamChange })
export type Live = {
  messages: LiveMessage[]
  headers: IncomingMessage['headers']
  comments: number
  /** The last id heard, on this connection or named when it was opened. */
  lastId: number | null
  /** The server has ended it, or broken it off. */
  ended: boolean
  /** Waits until `fact` holds of what was heard so far. */
  heard(what: string, fact: (messages: readonly LiveMessage[]) => boolean): Promise<void>
  /** Stops reading, so that the server's words pile up. */
  pause(): void
  resume(): void
  close(): void
}

const ajv = new Ajv()
addFormats.default(ajv)
const fits = { snapshot: ajv.compile(EventDetailSchema), change: ajv.compile(StreamChangeSchema) }

export const streamPath = (eventId: string): string => `/query/api/v1/events/${eventId}/stream`

export async function openLive(url: string, eventId: string, lastId: number | null = null): Promise<Live> {
  const response = await connect(url, eventId, lastId)
  expect(response.statusCode).toBe(200)
  const live: Live = {
    messages: [],
    headers: response.headers,
    comments: 0,
    lastId,
    ended: false,
    heard: async (what, fact) => void (await until(what, () => fact(live.messages))),
    pause: () => response.pause(),
    resume: () => response.resume(),
    close: () => response.destroy(),
  }
  let rest = ''
  response.setEncoding('utf8').on('data', (text: string) => {
    // A long message comes in many pieces; only the last one needs to be looked at.
    if (!text.includes('\n')) {
      rest += text
      return
    }
    const blocks = (rest + text).split('\n\n')
    rest = blocks.pop() as string
    for (const block of blocks) hear(live, block)
  })
  response.on('error', () => undefined)
  response.on('close', () => {
    live.ended = true
  })
  return live
}

function connect(url: string, eventId: string, lastId: number | null): Promise<IncomingMessage> {
  const headers = { accept: 'text/event-stream', ...(lastId !== null && { 'last-event-id': String(lastId) }) }
  return new Promise((resolve, reject) => {
    request(`${url}${streamPath(eventId)}`, { headers, agent: false }, resolve)
      .on('error', reject)
      .end()
  })
}

function hear(live: Live, block: string): void {
  const fields = new Map(block.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()]))
  if (fields.has('')) live.comments++
  const kind = fields.get('event')
  if (kind === undefined) return
  if (kind !== 'snapshot' && kind !== 'change') throw new Error(`An event that nobody knows: ${block}`)
  const data: unknown = JSON.parse(fields.get('data') ?? '')
  if (!fits[kind](data)) throw new Error(`${kind}: ${ajv.errorsText(fits[kind].errors)}`)
  const id = Number(fields.get('id'))
  live.lastId = id
  live.messages.push(kind === 'snapshot' ? { id, kind, event: data as EventDetail } : { id, kind, change: data as StreamChange })
}

/** The seats of all changes, in the order in which they were heard. */
export const seatsHeard = (messages: readonly LiveMessage[]): string[] =>
  messages.flatMap((message) =>
    message.kind === 'change' ? message.change.seats.map(({ zoneId, row, column, state }) => `${zoneId}${row}${column}${state}`) : [],
  )
