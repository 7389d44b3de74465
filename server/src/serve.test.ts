/** How a process ends that was told to: load balancers see it first, what comes meanwhile is done, and then it is gone. */
import { rm } from 'node:fs/promises'
import { request } from 'node:http'
import { expect, it, onTestFinished } from 'vitest'
import { createClient } from '../test/client.ts'
import { openLive, seatsHeard } from '../test/live.ts'
import { temporaryFolder } from '../test/platform.ts'
import { type ServerProcess, startServer } from '../test/process.ts'
import { until } from '../test/until.ts'

const wish = { venueId: 'Venue1', eventId: 'Event1', quantity: 1 }

async function start(env: Record<string, string>): Promise<ServerProcess> {
  const server = await startServer(env)
  onTestFinished(() => server.kill())
  return server
}

type Readiness = { status: string; checks: { name: string; status: string }[] }

it('is not ready first, serves on and ends connections, and is gone after its time', async () => {
  const drainMs = 3000
  const server = await start({ DRAIN_MS: String(drainMs) })
  const client = createClient(server.url)
  onTestFinished(() => client.close())
  expect((await client.buy(wish)).headers.connection).toBe('keep-alive')
  const toldMs = performance.now()
  const ended = server.stop()
  await until('it is not ready', async () => (await client.get('/health/ready')).status === 503)
  const { status, checks } = (await client.get('/health/ready')).json<Readiness>()
  expect([status, checks.map(({ name }) => name)]).toEqual(['not-ready', ['stopping']])
  expect((await client.get('/health')).status).toBe(200)
  const sold = await client.buy(wish)
  expect([sold.status, sold.headers.connection]).toEqual([201, 'close'])
  const seen = await client.get(String(sold.headers.location), { 'onsale-after': String(sold.headers['onsale-position']) })
  expect([seen.status, seen.headers.connection]).toEqual([200, 'close'])
  expect(await ended).toBe(0)
  expect(performance.now() - toldMs).toBeGreaterThanOrEqual(drainMs)
  await expect(client.get('/health')).rejects.toMatchObject({ code: 'ECONNREFUSED' })
})

it('ends live streams, and another process goes on where they ended', async () => {
  const dataDir = await temporaryFolder()
  onTestFinished(() => rm(dataDir, { recursive: true, force: true }))
  const first = await start({ DATA_DIR: dataDir, DRAIN_MS: '500' })
  const client = createClient(first.url)
  const live = await openLive(first.url, 'Event1')
  await client.buy(wish)
  await live.heard('the first sale', (messages) => seatsHeard(messages).length === 1)
  const ending = first.stop()
  // Sold by a process that stops, and told before the stream ends or after it is resumed.
  const late = await client.buy({ ...wish, quantity: 2 })
  expect(late.status, late.text).toBe(201)
  expect(await ending).toBe(0)
  expect(live.ended).toBe(true)
  client.close()
  const second = await start({ DATA_DIR: dataDir })
  const resumed = await openLive(second.url, 'Event1', live.lastId)
  await until('all three seats were told', () => seatsHeard([...live.messages, ...resumed.messages]).length === 3)
  expect(new Set(seatsHeard([...live.messages, ...resumed.messages])).size).toBe(3)
  resumed.close()
})

it('waits for an answer that is under way', async () => {
  const server = await start({})
  // The rest of the body comes after the signal.
  const body = JSON.stringify(wish)
  const answered = Promise.withResolvers<number | undefined>()
  const headers = { 'content-type': 'application/json', 'content-length': body.length }
  const asking = request(`${server.url}/purchase/api/v1/tickets`, { method: 'POST', headers }, (response) => {
    response.resume().on('end', () => answered.resolve(response.statusCode))
  }).on('error', answered.reject)
  await new Promise<void>((sent) => asking.write(body.slice(0, 10), () => sent()))
  const client = createClient(server.url)
  await client.get('/health')
  const ended = server.stop()
  await until('nobody new is taken', () =>
    client.get('/health').then(
      ({ status }) => status === 503,
      () => true,
    ),
  )
  asking.end(body.slice(10))
  expect(await answered.promise).toBe(201)
  expect(await ended).toBe(0)
  client.close()
})

it('ends at once when it is told a second time, and not when the same Ctrl+C comes twice', async () => {
  const server = await start({ DRAIN_MS: '10000' })
  const toldMs = performance.now()
  process.kill(server.pid, 'SIGINT')
  process.kill(server.pid, 'SIGINT')
  const client = createClient(server.url)
  onTestFinished(() => client.close())
  await until('it stops', async () => (await client.get('/health/ready')).status === 503)
  await until('the first signal is a while ago', () => performance.now() - toldMs > 1000)
  expect((await client.get('/health')).status).toBe(200)
  expect(await server.stop()).toBe(1)
  expect(performance.now() - toldMs).toBeLessThan(9000)
})
