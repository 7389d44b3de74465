/** The bad network is as bad as it says, and otherwise carries every byte in order. */
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { until } from '../../../server/test/until.ts'
import { type FaultyWire, startProxy } from './proxy.ts'

let heard = ''
const engine = createServer((socket) => {
  socket.on('error', () => {})
  socket.on('data', (bytes) => {
    heard += bytes
    socket.write(`<${bytes}>`)
  })
})
let wire: FaultyWire
let answers = ''
let client: Socket

beforeAll(async () => {
  await once(engine.listen(0, '127.0.0.1'), 'listening')
  wire = await startProxy('127.0.0.1', (engine.address() as AddressInfo).port)
})
afterAll(async () => {
  client.destroy()
  await wire.close()
  engine.close()
})
beforeEach(async () => {
  heard = ''
  answers = ''
  client = connect(wire.port, '127.0.0.1')
  client.on('error', () => {})
  client.on('data', (bytes) => {
    answers += bytes
  })
  await once(client, 'connect')
})

test('carries questions and answers', async () => {
  client.write('seat')
  await until('the answer', () => answers === '<seat>')
})

test('keeps the order when it is slow and then fast again', async () => {
  wire.delay(60)
  client.write('a')
  await until('the question arrives', () => heard === 'a')
  client.write('b')
  wire.delay(0)
  client.write('c')
  await until('both answers', () => answers.replaceAll(/[<>]/g, '') === 'abc')
})

test('loses answers to what the engine has heard, and then the connection', async () => {
  client.write('before')
  await until('the answer', () => answers === '<before>')
  const lost = wire.swallow(100)
  client.write('sell')
  const closed = once(client, 'close')
  expect(await lost).toBe(1)
  await closed
  expect({ heard, answers }).toEqual({ heard: 'beforesell', answers: '<before>' })
})

test('breaks what is connected, and takes who comes again', async () => {
  client.write('seat')
  await until('the answer', () => answers === '<seat>')
  const closed = once(client, 'close')
  expect(wire.cut()).toBeGreaterThan(0)
  await closed
  const again = connect(wire.port, '127.0.0.1')
  again.write('again')
  const [bytes] = (await once(again, 'data')) as [Buffer]
  expect(bytes.toString()).toBe('<again>')
  again.destroy()
})
