/**
 * Servers that are away: a role starts without what it does not use, says what it waits for, refuses with 503 what it cannot do, does what it
 * still can, and goes on by itself when the server is back. Real servers, which are killed and started again.
 */
import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import { connect, createServer, type Server, type Socket } from 'node:net'
import type { EventSummary } from '@onsale/contract/events'
import type { Ticket } from '@onsale/contract/tickets'
import { afterAll, beforeAll, describe, expect, it, onTestFinished, test } from 'vitest'
import { type Answer, problem } from '../test/answer.ts'
import { type Client, createClient } from '../test/client.ts'
import { newSqlite } from '../test/databases.ts'
import { event, HALL, type House, writeHouse } from '../test/house.ts'
import { serverOf } from '../test/outside.ts'
import { temporaryFolder } from '../test/platform.ts'
import { startServer } from '../test/process.ts'
import { type OwnServers, startOwnServers } from '../test/services.ts'
import { until } from '../test/until.ts'
import { openSql } from './adapters.ts'
import { readConfig } from './config.ts'
import { type Platform, startPlatform } from './platform.ts'

const NOBODY = '127.0.0.1:1'
const house: House = { venues: [HALL], events: [event('Play')] }
const wish = { venueId: 'Hall', eventId: 'Play', zoneId: 1, quantity: 1 }
/** Two seconds until a buyer hears no, and others are busy on the machine. */
const PATIENCE_MS = 30_000

type Ready = { status: string; checks: { name: string; status: string; detail: string }[] }
type Process = Client & { platform: Platform; failing(): Promise<string[]>; degraded(): Promise<string[]> }

/** A process of some roles that waits for nobody: what is away may be away. */
async function start(env: Record<string, string>): Promise<Process> {
  const folder = await temporaryFolder()
  await writeHouse(`${folder}/samples`, house)
  const settings = { PORT: '0', HOST: '127.0.0.1', DATA_DIR: folder, LOG_LEVEL: 'silent', NODE_ENV: 'test', DRAIN_MS: '0', ...env }
  const platform = await startPlatform(readConfig(settings), `${folder}/samples`)
  const client = createClient(platform.url)
  onTestFinished(async () => {
    client.close()
    await platform.stop()
    await rm(folder, { recursive: true, force: true })
  })
  const named = async (status: string): Promise<string[]> => {
    const { checks } = (await client.get('/health/ready')).json<Ready>()
    return checks.filter((check) => check.status === status).map(({ name }) => name)
  }
  return { ...client, platform, failing: () => named('failing'), degraded: () => named('degraded') }
}

const isAlive = async (client: Client): Promise<void> => expect((await client.get('/health')).status).toBe(200)
const isReady = async (client: Client): Promise<boolean> => (await client.get('/health/ready')).status === 200

function expectRefusal(answer: Answer, code: string): void {
  expect([answer.status, problem(answer).code, Number(answer.headers['retry-after']) > 0], answer.text).toEqual([503, code, true])
  // Neither where the engines are nor who we are to them.
  expect(answer.text).not.toMatch(/127\.0\.0\.1|redis:|postgres|secret/)
}

describe('without what it does not use', () => {
  const away = { LEDGER_URL: `redis://:secret@${NOBODY}`, BUS_URL: `kafka://${NOBODY}/nowhere` }

  it('web starts, is ready, and opens no database either', async () => {
    const web = await start({ ...away, ROLES: 'web', DATABASE_URL: `postgres://onsale:secret@${NOBODY}/onsale` })
    await web.platform.opened
    await isAlive(web)
    expect(await isReady(web)).toBe(true)
  })

  it('query starts, is ready and answers', async () => {
    const query = await start({ ...away, ROLES: 'query' })
    await query.platform.opened
    expect(await isReady(query)).toBe(true)
    expect((await query.read<EventSummary[]>('/query/api/v1/events')).map(({ eventId }) => eventId)).toEqual(['Play'])
  })

  it('a projector starts beside a process that has the ledger’s file', async () => {
    const kafka = serverOf('KAFKA_URL')
    if (!kafka) return
    const database = await newSqlite()
    onTestFinished(() => database.drop())
    const shared = { DATABASE_URL: database.url, BUS_URL: `${kafka}/away-${process.pid}-${Date.now()}` }
    const purchase = await start({ ...shared, ROLES: 'purchase,query' })
    await purchase.platform.opened
    const projector = await start({ ...shared, ROLES: 'projector', LEDGER_URL: `sqlite:${purchase.platform.config.dataDir}/ledger.db` })
    await projector.platform.opened
    expect(await isReady(projector)).toBe(true)
    const sold = await purchase.buy(wish)
    expect(sold.status, sold.text).toBe(201)
    await until('the ticket is seen', async () => (await purchase.get(String(sold.headers.location))).status === 200, PATIENCE_MS)
  })

  it.each(['purchase', 'query', 'projector'])('%s is alive, names what it waits for, and tells no secret', async (role) => {
    const waiting = await start({ ...away, ROLES: role, DATABASE_URL: `postgres://onsale:secret@${NOBODY}/onsale` })
    await isAlive(waiting)
    const answer = await waiting.get('/health/ready')
    expect(answer.status).toBe(503)
    expect(await waiting.failing()).toEqual([role])
    expect(answer.text).not.toContain('secret')
    if (role === 'purchase') expectRefusal(await waiting.buy(wish), 'not-ready')
    if (role === 'query') expectRefusal(await waiting.get('/query/api/v1/events'), 'not-ready')
  })
})

const engines = ['REDIS_URL', 'POSTGRES_URL', 'MYSQL_URL'].every((variable) => serverOf(variable))
if (!engines) test.skip('on servers of its own')
else
  describe('a server that goes and comes', () => {
    let servers: OwnServers
    let redis: string
    beforeAll(async () => {
      servers = await startOwnServers('redis', 'postgres', 'mariadb')
      redis = servers.url('REDIS_URL')
    }, 120_000)
    afterAll(() => servers.remove())

    it('Redis: purchases get 503 and then go on, and all that is read is answered meanwhile', async () => {
      const onsale = await start({ LEDGER_URL: `${redis}?prefix=goes` })
      await onsale.platform.opened
      expect((await onsale.buy(wish)).status).toBe(201)
      await servers.crash('redis')
      const refused = await onsale.buy(wish)
      expect(['busy', 'not-ready']).toContain(problem(refused).code)
      expectRefusal(refused, problem(refused).code)
      expect((await onsale.get('/query/api/v1/events')).status).toBe(200)
      expect(await onsale.failing()).toEqual(['ledger'])
      await isAlive(onsale)
      await servers.up('redis')
      await until('seats are sold again', async () => (await onsale.buy(wish)).status === 201, PATIENCE_MS)
      await until('it is ready', () => isReady(onsale))
    }, 150_000)

    it('Redis, away at the start: 503, then sold by itself', async () => {
      await servers.crash('redis')
      const onsale = await start({ LEDGER_URL: `${redis}?prefix=comes` })
      expectRefusal(await onsale.buy(wish), 'not-ready')
      expect(await isReady(onsale)).toBe(false)
      await until('the read side is open', async () => (await onsale.get('/query/api/v1/events')).status === 200)
      await servers.up('redis')
      await onsale.platform.opened
      expect((await onsale.buy(wish)).status).toBe(201)
    }, 150_000)

    it('a process ends with 0 within 20 s, although nobody whom it could ask is there', async () => {
      const server = await startServer({ LEDGER_URL: `${redis}?prefix=ends`, DATABASE_URL: await newDatabase(), LOG_LEVEL: 'silent' })
      onTestFinished(() => server.kill())
      const client = createClient(server.url)
      onTestFinished(() => client.close())
      expect((await client.buy({ venueId: 'Venue1', eventId: 'Event1', quantity: 1 })).status).toBe(201)
      await Promise.all([servers.crash('redis'), servers.crash('postgres')])
      const buying = client.buy({ venueId: 'Venue1', eventId: 'Event1', quantity: 1 }).catch(() => undefined)
      const toldMs = performance.now()
      expect(await server.stop()).toBe(0)
      expect(performance.now() - toldMs).toBeLessThan(20_000)
      await buying
      await servers.up('redis')
      await servers.up('postgres')
    }, 150_000)

    /** Beside the one that the others share. */
    async function newDatabase(): Promise<string> {
      const url = new URL(servers.url('POSTGRES_URL'))
      url.pathname = '/ends'
      const sql = await openSql(servers.url('POSTGRES_URL'))
      await sql.read({ sql: 'create database ends' }, [])
      await sql.close()
      return url.href
    }

    describe.each([
      ['postgres', 'POSTGRES_URL'],
      ['mariadb', 'MYSQL_URL'],
    ])('the database: %s', (name, variable) => {
      it('seats are sold on, reads get 503, and what was sold meanwhile is seen when it is back', async () => {
        const onsale = await start({ DATABASE_URL: servers.url(variable), LEDGER_URL: `${redis}?prefix=${name}` })
        await onsale.platform.opened
        expect((await onsale.buy(wish)).status).toBe(201)
        await servers.crash(name)
        const sold = await onsale.buy(wish)
        expect(sold.status, sold.text).toBe(201)
        for (const path of ['/query/api/v1/events', '/query/api/v1/tickets', '/query/api/v1/events/Play/stream'])
          expectRefusal(await onsale.get(path), 'not-ready')
        expect(await onsale.failing()).toEqual(['database'])
        expectRefusal(await onsale.buy({ ...wish, eventId: 'Unheard' }), 'not-ready')
        await servers.up(name)
        const seen = async () => (await onsale.get(String(sold.headers.location))).status === 200
        await until('the ticket is seen', seen, PATIENCE_MS)
        expect(await onsale.read<Ticket[]>('/query/api/v1/tickets')).toHaveLength(2)
        await until('it is ready', () => isReady(onsale))
      }, 150_000)

      it('for a process that only sells it is worth knowing, and no reason to send buyers elsewhere', async () => {
        const kafka = serverOf('KAFKA_URL')
        if (!kafka) return
        const bus = `${kafka}/away-sells-${name}-${process.pid}-${Date.now()}`
        const onsale = await start({
          ROLES: 'purchase',
          DATABASE_URL: servers.url(variable),
          LEDGER_URL: `${redis}?prefix=${name}`,
          BUS_URL: bus,
        })
        await onsale.platform.opened
        await servers.crash(name)
        expect((await onsale.buy(wish)).status).toBe(201)
        await until('the check knows', async () => (await onsale.degraded()).includes('database'))
        expect(await isReady(onsale)).toBe(true)
        await servers.up(name)
      }, 150_000)

      it('away at the start: 503, then everything by itself', async () => {
        await servers.crash(name)
        const onsale = await start({ DATABASE_URL: servers.url(variable), LEDGER_URL: `${redis}?prefix=${name}` })
        expectRefusal(await onsale.buy(wish), 'not-ready')
        expectRefusal(await onsale.get('/query/api/v1/events'), 'not-ready')
        await until('each role says what is missing', async () => (await onsale.failing()).length === 3)
        await servers.up(name)
        await onsale.platform.opened
        await until('it is ready', () => isReady(onsale))
      }, 150_000)
    })
  })

/** A way to a server that is closed at first. */
class Gate implements AsyncDisposable {
  #server: Server = createServer()
  #sockets = new Set<Socket>()
  port = 0

  static async closed(target: string): Promise<Gate> {
    const gate = new Gate()
    const { hostname, port } = new URL(target.replace(/^\w+:/, 'http:'))
    gate.#server.on('connection', (near: Socket) => {
      const far = connect(Number(port), hostname)
      for (const [from, to] of [
        [near, far],
        [far, near],
      ] as const) {
        gate.#sockets.add(from)
        from.on('error', () => to.destroy()).on('close', () => to.destroy())
        from.pipe(to)
      }
    })
    gate.#server.listen(0, '127.0.0.1')
    await once(gate.#server, 'listening')
    gate.port = (gate.#server.address() as { port: number }).port
    gate.#server.close()
    await once(gate.#server, 'close')
    return gate
  }

  async open(): Promise<void> {
    this.#server.listen(this.port, '127.0.0.1')
    await once(this.#server, 'listening')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
  }
}

const kafka = serverOf('KAFKA_URL')
if (!kafka) test.skip('on Kafka')
else
  it('the bus, away at the start: seats are sold, the projector waits, and all is seen when it comes', async () => {
    await using gate = await Gate.closed(kafka)
    const database = await newSqlite()
    onTestFinished(() => database.drop())
    const shared = { DATABASE_URL: database.url, BUS_URL: `kafka://127.0.0.1:${gate.port}/away-bus-${process.pid}-${Date.now()}` }
    const purchase = await start({ ...shared, ROLES: 'purchase,query' })
    await purchase.platform.opened
    const projector = await start({ ...shared, ROLES: 'projector' })
    const sold = await purchase.buy(wish)
    expect(sold.status, sold.text).toBe(201)
    await isAlive(projector)
    expect(await projector.failing()).toEqual(['projector'])
    await until('the check knows', async () => (await purchase.degraded()).includes('bus'), PATIENCE_MS)
    expect(await isReady(purchase)).toBe(true)
    await gate.open()
    await projector.platform.opened
    await until('the ticket is seen', async () => (await purchase.get(String(sold.headers.location))).status === 200, PATIENCE_MS)
    await until('it is ready', () => isReady(projector))
  }, 150_000)
