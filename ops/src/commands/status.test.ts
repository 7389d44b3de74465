/** `onsale status` as an operator runs it: beside a server, of a server, and of what a server left behind. */
import { randomUUID } from 'node:crypto'
import { rm, writeFile } from 'node:fs/promises'
import { openLedger } from '@onsale/server/adapters'
import { beforeAll, expect, it } from 'vitest'
import { type NewDatabase, onServer } from '../../../server/test/databases.ts'
import { event, HALL, HALL_SEATS } from '../../../server/test/house.ts'
import { serverOf } from '../../../server/test/outside.ts'
import { startTestPlatform, type TestPlatform } from '../../../server/test/platform.ts'
import { until } from '../../../server/test/until.ts'
import { dataFolder, jsonOf, onsaleIn } from '../../test/onsale.ts'

const catalogue = { venues: 1, events: 1, zones: 3, seats: HALL_SEATS, available: HALL_SEATS - 2, held: 0, sold: 2 }
let dataDir = ''
let house: TestPlatform

beforeAll(async () => {
  dataDir = await dataFolder()
  house = await startTestPlatform({ dataDir, house: { venues: [HALL], events: [event('Show')] } })
  expect((await house.buy({ venueId: 'Hall', eventId: 'Show', quantity: 2 })).status).toBe(201)
  await house.settle()
})

it('tells what SQL knows beside a running server, which tells the rest itself', async () => {
  const beside = await jsonOf<{ ledger: string }>(dataDir, ['status'])
  expect(beside).toMatchObject({
    missingMigrations: [],
    conflicts: 0,
    bus: 'lives in the server',
    deadLetters: null,
    catalogue,
    problems: [],
  })
  expect(beside).toMatchObject({ shards: [{ shard: '0', head: null, trimmed: null, stored: 1, lag: null }] })
  expect(beside.ledger).toContain('in use by another process')

  const { url } = house.platform
  type Servers = { servers: { url: string; status: string; roles: string[]; checks: { name: string }[] }[] }
  // One of two is there.
  const { servers } = await jsonOf<Servers>(dataDir, ['status', '--url', url, 'http://127.0.0.1:9'], 1)
  expect(servers).toMatchObject([
    { url, status: 'ready', version: '0.1.0', roles: ['purchase', 'query', 'projector'] },
    { status: 'no answer', roles: [], checks: [{ name: 'server', status: 'failing' }] },
  ])
  expect(servers[0]?.checks.map(({ name }) => name)).toContain('ledger')
  expect((await onsaleIn(dataDir, ['status', '--url', url])).code).toBe(0)
  await house.stop()
})

it('tells all when nothing serves, that the halves are torn when one is lost, and what does not open', async () => {
  const after = await jsonOf<{ files: { file: string; bytes: number }[] }>(dataDir, ['status'])
  expect(after).toMatchObject({ ledger: 'in no use', shards: [{ shard: '0', head: 1, stored: 1, lag: 0 }], problems: [] })
  expect(after.files.find(({ file }) => file === `${dataDir}/ledger.db`)?.bytes).toBeGreaterThan(8192)

  await rm(`${dataDir}/ledger.db`)
  const { problems } = await jsonOf<{ problems: string[] }>(dataDir, ['status'], 1)
  expect(problems).toEqual(['Shard 0: 1 entries are stored, the ledger has 0: it is lost or an older copy.'])
  await writeFile(`${dataDir}/ledger.db`, 'This is no ledger, and status still tells what SQL knows. '.repeat(100))
  const unreadable = await jsonOf<{ problems: string[] }>(dataDir, ['status'], 1)
  expect(unreadable).toMatchObject({
    ledger: 'does not open',
    catalogue,
    problems: [expect.stringContaining('is no database, or a damaged one')],
  })
})

await onServer('POSTGRES_URL', (newDatabase) => ofServers(newDatabase))

function ofServers(newDatabase: NewDatabase): void {
  const [redis, kafka] = [serverOf('REDIS_URL'), serverOf('KAFKA_URL')]
  it.runIf(redis && kafka)('of servers: tells every shard with its lag beside those that run, and what is refused', async () => {
    const database = await newDatabase()
    const folder = await dataFolder()
    const name = `onsale-test-${randomUUID().slice(0, 8)}`
    const env = {
      LEDGER_URL: `${redis}?prefix=${name}&shards=2`,
      DATABASE_URL: database.url,
      BUS_URL: `${kafka}/${name}?partitions=2&retryMs=20&mostRetryMs=100&tries=3`,
    }
    const purchase = await startTestPlatform({ dataDir: folder, house: { venues: [HALL], events: [event('Show')] }, env })
    const told = async (code: number) => {
      const said = await onsaleIn(folder, ['status', '--json'], { env })
      expect(said.code, said.out + said.err).toBe(code)
      return JSON.parse(said.out) as { shards: { shard: string; lag: number }[] }
    }
    expect((await purchase.buy({ venueId: 'Hall', eventId: 'Show', quantity: 2 })).status).toBe(201)
    await purchase.settle()
    expect(await told(0)).toMatchObject({ ledger: 'answers', bus: 'answers', deadLetters: 0, problems: [], catalogue: { sold: 2 } })
    const bus = await purchase.platform.adapters.bus()
    await bus.publish([{ shard: '0', position: 0, body: 'what nobody can read' }])
    // The last message of a quiet night is kept until the next one comes.
    expect((await purchase.buy({ venueId: 'Hall', eventId: 'Show', quantity: 1 })).status).toBe(201)
    await until('it lies among the dead letters', async () => (await bus.deadLetters?.list('sql'))?.length === 1, 60_000)
    expect(await told(1)).toMatchObject({ deadLetters: 1, problems: [expect.stringContaining('1 messages were refused')] })
    await purchase.stop()
    // Sold, and nobody stores it.
    const ledger = await openLedger(env.LEDGER_URL)
    const option = { seats: [20], owners: ['t'], fact: '{"v":1,"kind":"Later"}' }
    await ledger.commit({ zone: 'Show/1', options: [option], from: 'free', to: 'sold', at: Date.now() })
    await ledger.close()
    expect((await told(1)).shards.map(({ lag }) => lag)).toContain(1)
    await onsaleIn(folder, ['reset', 'ledger', '--yes'], { env })
    await database.drop()
  })
}

it('a bus that is away is told, and the rest too', async () => {
  const folder = await dataFolder()
  await (await startTestPlatform({ dataDir: folder, house: { venues: [HALL], events: [event('Show')] } })).stop()
  const said = await onsaleIn(folder, ['status', '--json'], { env: { BUS_URL: 'kafka://127.0.0.1:9/onsale' } })
  expect(said.code, said.err).toBe(1)
  expect(JSON.parse(said.out)).toMatchObject({ bus: 'does not answer', deadLetters: null, catalogue: { seats: HALL_SEATS } })
})

it('of a folder with nothing in it, and of an address that is none, says so', async () => {
  const empty = await dataFolder()
  expect(await onsaleIn(empty, ['status'])).toMatchObject({ code: 1, out: '', err: expect.stringContaining('Is DATA_DIR right?') })
  expect(await onsaleIn(empty, ['status', '--url', 'localhost'])).toMatchObject({ code: 2, out: '' })
})
