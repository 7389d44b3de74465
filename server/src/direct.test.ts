/** The direct lane against Fastify's: the same request gets the same answer, whichever way it takes through the server. */
import { type AddressInfo, connect, type Socket } from 'node:net'
import { buyTickets } from '@onsale/contract/api'
import type { SoldTicket, Ticket } from '@onsale/contract/tickets'
import { afterAll, expect, it, onTestFinished } from 'vitest'
import type { Answer } from '../test/answer.ts'
import { TICKETS } from '../test/client.ts'
import { event, HALL } from '../test/house.ts'
import { startTestPlatform, type TestPlatform } from '../test/platform.ts'
import { sendRaw } from '../test/raw.ts'
import { until } from '../test/until.ts'
import { MOST_UNDER_WAY, serveDirectly } from './direct.ts'
import { createHttp } from './http.ts'
import { createReport } from './report.ts'

const onsale: TestPlatform = await startTestPlatform({
  house: { venues: [HALL], events: [event('Play'), event('Pipe'), event('Half'), event('Full')] },
})
afterAll(() => onsale.stop())

const seat = (column: number, row = 'A') => ({ venueId: 'Hall', eventId: 'Play', zoneId: 1, row, column })
const post = (...lines: string[]) => [`POST ${TICKETS} HTTP/1.1`, 'Host: x', 'Connection: close', ...lines]
const withoutHops = ({ headers: { date, connection, 'keep-alive': _, 'x-request-id': __, ...rest } }: Answer) => rest

it('sells alike through both lanes: the same headers and the same fields', async () => {
  const direct = await onsale.buy(seat(1))
  const other = await onsale.request('POST', TICKETS, { json: seat(2), chunked: true })
  expect([direct.status, other.status]).toEqual([201, 201])
  expect(Object.keys(other.json<SoldTicket>())).toEqual(Object.keys(direct.json<SoldTicket>()))
  expect(Object.keys(withoutHops(other)).sort()).toEqual(Object.keys(withoutHops(direct)).sort())
  for (const name of ['content-type', 'content-length', 'cache-control', 'x-content-type-options', 'referrer-policy'])
    expect(other.headers[name], name).toBe(direct.headers[name])
})

it.each([
  ['in capitals', ['Content-Type: Application/JSON']],
  ['with a charset', ['Content-Type: application/json; charset=utf-8']],
  ['with an odd parameter', ['Content-Type: application/json; a="b;c"']],
  ['that first asks to go on', ['Content-Type: application/json', 'Expect: 100-continue']],
])('sells to a client whose type is JSON %s', async (_, lines) => {
  const wish = JSON.stringify({ venueId: 'Hall', eventId: 'Play', zoneId: 3, quantity: 1 })
  const answer = await sendRaw(onsale.url, post(...lines, `Content-Length: ${wish.length}`), wish)
  expect(answer?.status, answer?.text).toBe(201)
})

it('reads a body that comes in many pieces, split inside a letter', async () => {
  const body = Buffer.from(JSON.stringify({ ...seat(4), note: 'Ö🎟' }))
  const head = Buffer.from(`${post('Content-Type: application/json', `Content-Length: ${body.length}`).join('\r\n')}\r\n\r\n`)
  const { hostname, port } = new URL(onsale.url)
  const socket = connect(Number(port), hostname).setNoDelay(true)
  let text = ''
  socket.setEncoding('utf8').on('data', (piece: string) => {
    text += piece
  })
  for (const byte of Buffer.concat([head, body])) await new Promise((resolve) => socket.write(Buffer.from([byte]), resolve))
  await until('an answer', () => text.includes('\r\n\r\n'))
  expect(text).toMatch(/^HTTP\/1\.1 201 /)
})

it.each([
  ['HTTP/1.1', [], 'keep-alive'],
  ['HTTP/1.1', ['Connection: close'], 'close'],
  ['HTTP/1.0', [], 'close'],
])('keeps or ends the connection as Node does: %s %j', async (version, lines, expected) => {
  const ask = async (path: string, type: string, wish: string) => {
    const head = [`POST ${path} ${version}`, 'Host: x', `Content-Type: ${type}`, `Content-Length: ${wish.length}`, ...lines]
    const { hostname, port } = new URL(onsale.url)
    const socket = connect(Number(port), hostname, () => socket.write(`${head.join('\r\n')}\r\n\r\n${wish}`))
    onTestFinished(() => void socket.destroy())
    let text = ''
    let ended = false
    socket.setEncoding('utf8').on('data', (piece: string) => {
      text += piece
    })
    socket.on('end', () => {
      ended = true
    })
    await until('an answer', () => text.includes('\r\n\r\n{') && (expected === 'keep-alive' || ended))
    const hops = text.split('\r\n').filter((line) => /^(connection|keep-alive):/i.test(line))
    expect(Math.abs(Date.parse(/^date: (.*)$/im.exec(text)?.[1] ?? '') - Date.now())).toBeLessThan(5000)
    return { status: text.slice(0, 12), hops, ended }
  }
  const wish = JSON.stringify({ venueId: 'Hall', eventId: 'Pipe', zoneId: 1, quantity: 1 })
  const direct = await ask(TICKETS, 'application/json', wish)
  const other = await ask(TICKETS, 'application/json;a="b"', wish)
  expect(direct).toEqual(other)
  expect(direct.hops[0]).toBe(`Connection: ${expected}`)
})

it('answers requests that come one behind the other without waiting', async () => {
  const wish = JSON.stringify({ venueId: 'Hall', eventId: 'Pipe', zoneId: 1, quantity: 1 })
  const one = (...lines: string[]) =>
    `POST ${TICKETS} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n${lines.join('')}Content-Length: ${wish.length}\r\n\r\n${wish}`
  const { hostname, port } = new URL(onsale.url)
  const socket = connect(Number(port), hostname, () => socket.write(`${one()}${one()}${one('Connection: close\r\n')}`))
  let text = ''
  for await (const piece of socket.setEncoding('utf8')) text += piece
  expect(text.match(/HTTP\/1\.1 201 Created/g)).toHaveLength(3)
  expect(new Set(text.match(/"ticketId":"[^"]+"/g)).size).toBe(3)
})

it('sells nothing to a request that breaks off', async () => {
  const wish = JSON.stringify({ venueId: 'Hall', eventId: 'Half', zoneId: 1, quantity: 1 })
  const { hostname, port } = new URL(onsale.url)
  for (const sent of [wish.slice(0, 10), wish]) {
    const socket = connect(Number(port), hostname)
    const lines = post('Content-Type: application/json', `Content-Length: ${wish.length + 1}`)
    await new Promise((resolve) => socket.write(`${lines.join('\r\n')}\r\n\r\n${sent}`, resolve))
    socket.destroy()
  }
  expect((await onsale.buy(seat(5))).status).toBe(201)
  await onsale.settle()
  expect(await onsale.read<Ticket[]>('/query/api/v1/tickets?eventId=Half')).toEqual([])
})

it('keeps no place for a body that does not come: whoever holds lines open stops nobody', async () => {
  const wish = JSON.stringify({ venueId: 'Hall', eventId: 'Full', zoneId: 3, quantity: 1 })
  const head = `${post('Content-Type: application/json', `Content-Length: ${wish.length}`).join('\r\n')}\r\n\r\n`
  const { hostname, port } = new URL(onsale.url)
  const sockets: Socket[] = []
  onTestFinished(() => sockets.forEach((socket) => void socket.destroy()))
  const answers: string[] = []
  for (let i = 0; i < MOST_UNDER_WAY; i++) {
    const socket = connect(Number(port), hostname)
    socket.setEncoding('utf8').once('data', (text: string) => answers.push(text.slice(0, 12)))
    sockets.push(socket)
  }
  await Promise.all(sockets.map((socket) => new Promise((resolve) => socket.write(head, resolve))))
  // By then the server has read what was there before.
  for (let round = 0; round < 5; round++) await onsale.get('/health')
  const sold = await onsale.buy({ venueId: 'Hall', eventId: 'Full', zoneId: 1, row: 'A', column: 1 })
  expect(sold.status, sold.text).toBe(201)
  // Some of them go on, the others break off.
  for (const [i, socket] of sockets.entries())
    if (i < 250) socket.write(wish)
    else socket.destroy()
  await until('those who went on are answered', () => answers.length === 250)
  expect(new Set(answers)).toEqual(new Set(['HTTP/1.1 201']))
  await onsale.settle()
  expect(await onsale.read('/query/api/v1/tickets/count/Full')).toMatchObject({ count: 251 })
})

it('refuses a purchase while as many are decided as it takes, does nothing for it, and serves everybody afterwards', async () => {
  const http = createHttp(createReport({ level: 'error', roles: ['purchase'] }))
  const decided = Promise.withResolvers<void>()
  let begun = 0
  serveDirectly(http, createReport({ level: 'error', roles: ['purchase'] }), buyTickets, async () => {
    begun++
    await decided.promise
    return { status: 201, headers: {}, body: '{}' }
  })
  await http.listen({ port: 0, host: '127.0.0.1' })
  const { port } = http.server.address() as AddressInfo
  const body = JSON.stringify(seat(1))
  const lines = ['Host: x', 'Content-Type: application/json', `Content-Length: ${body.length}`, '', body]
  const one = [`POST ${TICKETS} HTTP/1.1`, ...lines].join('\r\n')
  const say = (words: string) => {
    const heard = { text: '' }
    const socket = connect(port, '127.0.0.1', () => socket.write(words))
    onTestFinished(() => void socket.destroy())
    socket.setEncoding('utf8').on('data', (text: string) => {
      heard.text += text
    })
    const answers = (code: number) => heard.text.match(new RegExp(`HTTP/1.1 ${code}`, 'g'))?.length ?? 0
    return { socket, heard, answers }
  }
  const slow = say(one.slice(0, -body.length))
  const crowd = Array.from({ length: 100 }, () => say(one.repeat(MOST_UNDER_WAY / 100)))
  await until('it is full', () => begun === MOST_UNDER_WAY)
  const late = say(one.repeat(2))
  slow.socket.write(body)
  await until('all three are refused', () => late.answers(503) === 2 && slow.answers(503) === 1)
  for (const { heard } of [late, slow]) expect(heard.text).toMatch(/retry-after: 1\r\n.*"code":"busy"/s)
  expect(begun).toBe(MOST_UNDER_WAY)
  decided.resolve()
  await until('all others are answered', () => crowd.every(({ answers }) => answers(201) === MOST_UNDER_WAY / 100))
  const next = say(one)
  await until('there is room again', () => next.answers(201) === 1)
  await http.close()
})
