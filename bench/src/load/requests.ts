/** Number -> bytes of a request. */
import { randomUUID } from 'node:crypto'
import { type House, seatOfBuyer } from '../house.ts'
import type { Requests } from './plan.ts'
import { wishOf } from './wishes.ts'

/** All bytes are made before the clock starts; only echoes and reads repeat theirs. */
export function prepare(requests: Requests, port: number): (n: number) => Buffer {
  if (requests.kind === 'echo') {
    const bytes = post('/echo', port, echoBody(requests.bodyBytes))
    return () => bytes
  }
  if (requests.kind === 'get') {
    const all = requests.paths.map((path) => Buffer.from(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`))
    return (n) => all[n % all.length] as Buffer
  }
  const all = Array.from({ length: requests.count }, (_, n) => purchase(JSON.stringify(bodyOf(requests, n)), port))
  return (n) => all[n] as Buffer
}

function bodyOf(requests: Exclude<Requests, { kind: 'echo' | 'get' }>, n: number): object {
  const { house } = requests
  if (requests.kind === 'crowd') return { ...at(house), ...wishOf(house, requests.seed, requests.first + n) }
  if (requests.kind === 'best') return { ...at(house), quantity: 1 }
  return { ...at(house), ...seatOfBuyer(house, requests.first + n) }
}

const at = ({ venueId, eventId }: House) => ({ venueId, eventId })

const purchase = (body: string, port: number): Buffer =>
  post('/purchase/api/v1/tickets', port, body, `Idempotency-Key: ${randomUUID()}\r\n`)

function post(path: string, port: number, body: string, headers = ''): Buffer {
  const head = `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Type: application/json\r\n${headers}`
  return Buffer.from(`${head}Content-Length: ${body.length}\r\n\r\n${body}`, 'latin1')
}

/** As a ticket looks, filled up to the size. */
function echoBody(bytes: number): string {
  const ticket = {
    ticketId: randomUUID(),
    venueId: 'Venue1',
    eventId: 'Event1',
    zoneId: 1,
    row: 'A',
    column: '1',
    status: 'PAID',
    note: '',
  }
  return JSON.stringify({ ...ticket, note: 'x'.repeat(Math.max(0, bytes - JSON.stringify(ticket).length)) })
}
