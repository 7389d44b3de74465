/** The load generator against servers that behave badly: what it counts is what happened. */
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import { type Load, startLoad } from './load.ts'
import type { Plan, Report } from './plan.ts'

let server: Server
let load: Load
afterEach(() => {
  load.close()
  server.closeAllConnections()
  server.close()
})

async function ask(listener: RequestListener, plan: Partial<Plan>): Promise<Report> {
  server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  load = startLoad()
  return load.run({
    port: (server.address() as AddressInfo).port,
    connections: 4,
    requests: { kind: 'echo', count: 100, bodyBytes: 260 },
    pace: { kind: 'closed', seconds: 10 },
    keepSold: false,
    ...plan,
  })
}

test('every request of a closed loop is sent once, and large answers in pieces are one answer each', async () => {
  const text = 'x'.repeat(50_000)
  const report = await ask((_, response) => response.writeHead(201, { 'content-length': text.length }).end(text), { keepSold: true })
  expect(report.statuses).toEqual({ 201: 100 })
  expect(report.sold.map(({ request }) => request).sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, n) => n))
  expect(report.sold.every(({ body }) => body === text)).toBe(true)
})

test('statuses are counted apart, and a 503 needs Retry-After', async () => {
  let n = 0
  const report = await ask((_, response) => {
    const headers = n % 4 === 0 ? { 'retry-after': '1' } : {}
    response.writeHead(n++ % 2 === 0 ? 503 : 200, { 'content-length': 0, ...headers }).end()
  }, {})
  expect(report.statuses).toEqual({ 200: 50, 503: 50 })
  expect(report.withoutRetryAfter).toBe(25)
})

test('a connection that breaks is counted and replaced', async () => {
  let n = 0
  const report = await ask((_, response) => {
    if (n++ % 10 === 9) response.socket?.destroy()
    else response.writeHead(200, { 'content-length': 0 }).end()
  }, {})
  expect(report.broken).toBe(10)
  expect(report.statuses).toEqual({ 200: 90 })
})

test('an open loop counts from the intended time, and tells what it could not send', async () => {
  const slow: RequestListener = async (_, response) => {
    await wait(50)
    response.writeHead(200, { 'content-length': 0 }).end()
  }
  const report = await ask(slow, { pace: { kind: 'open', perSecond: 400, lateMs: 100 } })
  const answered = report.statuses[200] ?? 0
  expect(answered + report.unsent).toBe(100)
  expect(report.unsent).toBeGreaterThan(20)
  expect(Math.max(...report.latenciesMs)).toBeGreaterThan(Math.max(...report.onWireMs))
})
