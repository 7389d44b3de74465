/** The product as a process: where it listens and keeps its data, what it survives, and how it ends. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { EventDetail, EventSummary, ZoneSeats } from '@onsale/contract/events'
import type { SoldTicket, Ticket } from '@onsale/contract/tickets'
import { afterAll, describe, expect, it } from 'vitest'
import type { Answer } from '../test/answer.ts'
import { type Client, createClient } from '../test/client.ts'
import { event, HALL } from '../test/house.ts'
import { openLive } from '../test/live.ts'
import { startTestPlatform, temporaryFolder } from '../test/platform.ts'
import { type ServerProcess, startServer } from '../test/process.ts'
import { until } from '../test/until.ts'

const MAIN = resolve(import.meta.dirname, 'main.ts')
const folders: string[] = []
async function folder(): Promise<string> {
  const made = await temporaryFolder()
  folders.push(made)
  return made
}
afterAll(() => Promise.all(folders.map((each) => rm(each, { recursive: true, force: true }))))

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  return port
}

/** Runs until it ends, for a start that is to fail. */
async function endOf(env: Record<string, string>): Promise<{ code: number | null; said: string }> {
  const child = spawn(process.execPath, [MAIN], {
    env: { ...process.env, NODE_ENV: 'test', LOG_LEVEL: 'error', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      said += text
    })
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, said }
}

describe('a first start', () => {
  it('listens where PORT and HOST say, keeps its data in DATA_DIR, sells the samples, and ends with 0 on SIGTERM', async () => {
    const [port, dataDir] = [await freePort(), join(await folder(), 'not', 'yet', 'there')]
    const server = await startServer({ PORT: String(port), HOST: '127.0.0.1', DATA_DIR: dataDir })
    expect(server.url).toBe(`http://127.0.0.1:${port}`)
    const client = createClient(server.url)
    const events = await client.read<EventSummary[]>('/query/api/v1/events')
    expect(events.map(({ eventId }) => eventId).sort()).toEqual(['Event1', 'Event2', 'Event3', 'Event4', 'Event5', 'Event6', 'Event7'])
    const sold = await client.buy({ venueId: 'Venue1', eventId: 'Event1', zoneId: 1, row: 'A', column: '1' })
    expect(sold.json()).toMatchObject({ price: 10_000, currency: 'CAD' })
    client.close()
    expect(await server.stop()).toBe(0)
    expect(['ledger.db', 'read.db'].map((name) => existsSync(join(dataDir, name)))).toEqual([true, true])
  })

  it('tells every wrong setting at once, and does not start', async () => {
    const { code, said } = await endOf({ PORT: 'x', LEDGER_URL: 'paper:', DATA_DIR: await folder() })
    expect(code).toBe(1)
    for (const name of ['PORT', 'LEDGER_URL']) expect(said).toContain(`  - ${name} `)
    expect(said).not.toContain('Onsale is open')
  })

  it('ends with a sentence when its port is taken', async () => {
    const taken = createServer().listen(0, '127.0.0.1')
    await once(taken, 'listening')
    const { code, said } = await endOf({
      PORT: String((taken.address() as { port: number }).port),
      HOST: '127.0.0.1',
      DATA_DIR: await folder(),
    })
    taken.close()
    expect(code).toBe(1)
    expect(said).toContain('EADDRINUSE')
  })
})

/** A file that is wrong, beside ones that are right. */
it('opens what it can when a file of the samples is wrong', async () => {
  const dataDir = await folder()
  await mkdir(join(dataDir, 'samples', 'events'), { recursive: true })
  await writeFile(join(dataDir, 'samples', 'events', 'Broken.json'), '{"eventId":')
  const onsale = await startTestPlatform({
    dataDir,
    env: { LOG_LEVEL: 'silent' },
    house: { venues: [HALL], events: [event('Play'), event('Lost', { venueId: 'Nowhere' })] },
  })
  const events = await onsale.read<EventSummary[]>('/query/api/v1/events')
  expect(events.map(({ eventId }) => eventId)).toEqual(['Play'])
  await onsale.stop()
})

it('does not read the samples again over what lives', async () => {
  const dataDir = await folder()
  const house = { venues: [HALL], events: [event('Play')] }
  const first = await startTestPlatform({ dataDir, house })
  await first.buy({ venueId: 'Hall', eventId: 'Play', zoneId: 1, quantity: 2 })
  await first.settle()
  await first.stop()
  const second = await startTestPlatform({ dataDir, house: { ...house, events: [event('Play', { name: 'Another' }), event('New')] } })
  expect(await second.read<EventDetail>('/query/api/v1/events/Play')).toMatchObject({ name: 'The Play', sold: 2 })
  expect((await second.get('/query/api/v1/events/New')).status).toBe(404)
  await second.stop()
})

it('stops while its projector fails, and what was sold meanwhile is seen after the next start', async () => {
  const dataDir = await folder()
  const first = await startTestPlatform({ dataDir, house: { venues: [HALL], events: [event('Play')] }, env: { LOG_LEVEL: 'silent' } })
  const disk = new DatabaseSync(join(dataDir, 'read.db'), { timeout: 5000 })
  disk.exec("create trigger refuse before insert on entries begin select raise(abort, 'no space left'); end")
  const sold = await first.buy({ venueId: 'Hall', eventId: 'Play', zoneId: 1, quantity: 2 })
  expect(sold.status, sold.text).toBe(201)
  await first.stop()
  expect(disk.prepare('select count(*) as n from entries').get()).toEqual({ n: 0 })
  disk.exec('drop trigger refuse')
  disk.close()
  const second = await startTestPlatform({ dataDir })
  await second.settle()
  expect(await second.read(String(sold.headers.location), String(sold.headers['onsale-position']))).toMatchObject({ row: 'A', column: '1' })
  await second.stop()
})

type Buyer = { client: Client; sold: { key: string; wish: Record<string, unknown>; answer: Answer }[] }

/** Buys seat after seat of one row after another, until the server is gone. */
async function buyUntilItDies({ client, sold }: Buyer, zoneId: number): Promise<void> {
  for (let i = 0; i < 26 * 30; i++) {
    const wish = { venueId: 'Venue1', eventId: 'Event1', zoneId, row: String.fromCharCode(65 + Math.floor(i / 30)), column: (i % 30) + 1 }
    const key = `${zoneId}-${i}`
    const answer = await client.buy(wish, { 'idempotency-key': key }).catch(() => null)
    if (!answer) return
    expect(answer.status, answer.text).toBe(201)
    sold.push({ key, wish, answer })
  }
}

async function expectEverythingKept(server: ServerProcess, sold: Buyer['sold']): Promise<void> {
  const client = createClient(server.url)
  const again = await Promise.all(sold.map(({ key, wish }) => client.buy(wish, { 'idempotency-key': key })))
  expect(again.map(({ status, text }) => `${status} ${text}`)).toEqual(sold.map(({ answer }) => `201 ${answer.text}`))
  expect(again.filter(({ headers }) => headers['idempotency-replayed'] !== 'true')).toEqual([])
  const position = String(sold.at(-1)?.answer.headers['onsale-position'])
  const tickets = sold.map(({ answer }) => answer.json<SoldTicket>())
  await Promise.all(
    tickets.map(async ({ ticketId, row, column, zoneId }) =>
      expect(await client.read<Ticket>(`/query/api/v1/tickets/${ticketId}`, position)).toMatchObject({ row, column, zoneId }),
    ),
  )
  const zones = new Set(tickets.map(({ zoneId }) => zoneId))
  for (const zone of zones) {
    const { seats } = await client.read<ZoneSeats>(`/query/api/v1/events/Event1/zones/${zone}/seats`, position)
    // One purchase of each buyer may have been answered to nobody.
    const extra = seats.split('s').length - 1 - tickets.filter(({ zoneId }) => zoneId === zone).length
    expect([0, 1]).toContain(extra)
  }
  client.close()
}

it('loses nothing that was answered when it is killed under load, and starts again', async () => {
  const dataDir = await folder()
  const sold: Buyer['sold'] = []
  for (let round = 0; round < 2; round++) {
    const server = await startServer({ DATA_DIR: dataDir })
    const buyers = Array.from({ length: 6 }, (_, i) => ({
      zone: round * 6 + i + 1,
      buyer: { client: createClient(server.url), sold: [] } as Buyer,
    }))
    const buying = Promise.all(buyers.map(({ buyer, zone }) => buyUntilItDies(buyer, zone)))
    await until('enough is sold', () => buyers.every(({ buyer }) => buyer.sold.length > 20))
    await server.kill()
    await buying
    for (const { buyer } of buyers) {
      buyer.client.close()
      sold.push(...buyer.sold)
    }
  }
  const server = await startServer({ DATA_DIR: dataDir })
  await expectEverythingKept(server, sold)
  expect(await server.stop()).toBe(0)
})

it('answers what is under way when it is told to stop, and what still comes on open connections, and ends with 0', async () => {
  const server = await startServer({ DATA_DIR: await folder() })
  const clients = Array.from({ length: 8 }, () => createClient(server.url))
  let sold = 0
  const buying = clients.map(async (client) => {
    for (;;) {
      const answer = await client.buy({ venueId: 'Venue1', eventId: 'Event1', quantity: 1 }).catch((error: NodeJS.ErrnoException) => error)
      if (!('status' in answer)) return answer.code
      expect(answer.status, answer.text).toBe(201)
      sold++
    }
  })
  const listening = openLive(server.url, 'Event1')
  await until('something is sold', () => sold > 50)
  expect(await server.stop()).toBe(0)
  const ends = await Promise.all(buying)
  // Whoever comes too late finds nobody; nobody was answered halfway.
  expect(ends.filter((code) => !['ECONNREFUSED', 'ECONNRESET'].includes(String(code)))).toEqual([])
  const live = await listening
  await live.heard('the end', () => live.ended)
})
