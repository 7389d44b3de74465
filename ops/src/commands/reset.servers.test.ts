/** `onsale reset` on servers: a ledger on Redis with a read side on PostgreSQL, one on a cluster with MySQL, and buses. */
import { randomUUID } from 'node:crypto'
import { openLedger, openSql } from '@onsale/server/adapters'
import { audit } from '@onsale/server/audit'
import { expect, it } from 'vitest'
import { onServer, type TestDatabase } from '../../../server/test/databases.ts'
import { event, HALL, HALL_SEATS } from '../../../server/test/house.ts'
import { serverOf } from '../../../server/test/outside.ts'
import { startTestPlatform, type TestPlatform } from '../../../server/test/platform.ts'
import { until } from '../../../server/test/until.ts'
import { dataFolder, onsaleIn } from '../../test/onsale.ts'

const SEAT = { venueId: 'Hall', eventId: 'Show', zoneId: 1, row: 'A', column: 1 }
const newName = (): string => `onsale-test-${randomUUID().slice(0, 8)}`

async function ofEngines(name: string, redis: string | undefined, newDatabase: () => Promise<TestDatabase>): Promise<void> {
  it.runIf(redis)(`${name}: is refused beside a server; then frees every seat in both halves, which sell again and agree`, async () => {
    const database = await newDatabase()
    const dataDir = await dataFolder()
    const ledgerUrl = `${redis}?prefix=${newName()}&shards=4`
    const env = { LEDGER_URL: ledgerUrl, DATABASE_URL: database.url }
    const open = (): Promise<TestPlatform> => startTestPlatform({ dataDir, house: { venues: [HALL], events: [event('Show')] }, env })
    const reset = (...args: string[]) => onsaleIn(dataDir, ['reset', ...args], { env })
    const sql = await openSql(database.url)

    const before = await open()
    for (const what of ['ledger', 'read-side'])
      expect(await reset(what, '--yes')).toMatchObject({ code: 1, out: '', err: expect.stringContaining('in use by another process') })
    expect((await before.buy(SEAT)).status).toBe(201)
    await before.settle()
    await before.stop()

    const refused = await reset('read-side', '--yes')
    expect(refused).toMatchObject({
      code: 1,
      out: '',
      err: expect.stringContaining('The ledger has 1 entries, whose only archive this is.'),
    })
    const asked = await reset('ledger')
    expect(asked).toMatchObject({ code: 2, out: '', err: expect.stringContaining('This destroys 1 tickets and their log in') })
    // Neither user nor password.
    expect(asked.err).not.toContain('@')
    const done = await reset('ledger', '--yes', '--json')
    expect(done.code, done.err).toBe(0)
    expect((JSON.parse(done.out) as { emptied: unknown[] }).emptied).toContainEqual({ table: 'tickets', rows: 1 })
    const figures = await sql.db
      .selectFrom('event_zones')
      .select((eb) => [eb.fn.sum<number>('available').as('available'), eb.fn.sum<number>('sold').as('sold')])
      .executeTakeFirstOrThrow()
    expect([Number(figures.available), Number(figures.sold)]).toEqual([HALL_SEATS, 0])
    expect(await zonesOf(ledgerUrl)).toEqual([])

    const after = await open()
    expect((await after.buy(SEAT)).status).toBe(201)
    expect((await after.buy(SEAT)).status).toBe(409)
    await after.settle()
    await after.stop()
    const ledger = await openLedger(ledgerUrl)
    const found = await audit(ledger, sql, Date.now()).finally(() => ledger.close())
    expect(found).toMatchObject({ differences: [], checked: { entries: 1, tickets: 1 } })

    expect(await reset('ledger', '--yes')).toMatchObject({ code: 0 })
    expect(await reset('read-side', '--yes')).toMatchObject({ code: 0 })
    expect(await sql.db.selectFrom('venues').selectAll().execute()).toEqual([])
    await sql.close()
    await database.drop()
  })
}

async function zonesOf(ledgerUrl: string): Promise<unknown[]> {
  const ledger = await openLedger(ledgerUrl)
  return ledger.zones().finally(() => ledger.close())
}

const [redis, cluster] = [serverOf('REDIS_URL'), serverOf('REDIS_CLUSTER_URL')]
await onServer('POSTGRES_URL', (newDatabase) => ofEngines('Redis and PostgreSQL', redis, newDatabase))
await onServer('MYSQL_URL', (newDatabase) => ofEngines('Redis Cluster and MySQL', cluster, newDatabase))

it('another ledger on the same Redis stays as it is', async ({ skip }) => {
  if (!redis) return skip()
  const [one, other] = [newName(), newName()].map((prefix) => `${redis}?prefix=${prefix}&shards=2`) as [string, string]
  for (const url of [one, other]) {
    const ledger = await openLedger(url)
    await ledger.open([{ zone: 'Show/1', seats: 10, gaps: [] }])
    await ledger.close()
  }
  const dataDir = await dataFolder()
  await (await startTestPlatform({ dataDir, house: { venues: [HALL], events: [event('Show')] } })).stop()
  expect(await onsaleIn(dataDir, ['reset', 'ledger', '--yes'], { env: { LEDGER_URL: one } })).toMatchObject({ code: 0 })
  expect(await zonesOf(one)).toEqual([])
  expect(await zonesOf(other)).toEqual([{ zone: 'Show/1', seats: 10 }])
  await onsaleIn(dataDir, ['reset', 'ledger', '--yes'], { env: { LEDGER_URL: other } })
})

const buses: [name: string, server: string | undefined, newUrl: () => string][] = [
  ['Kafka', serverOf('KAFKA_URL'), () => `${process.env.KAFKA_URL}/${newName()}?partitions=2`],
  ['SNS and SQS', serverOf('AWS_ENDPOINT_URL'), () => `sns+sqs://${process.env.AWS_REGION ?? 'eu-west-1'}/${newName()}`],
]
for (const [name, server, newUrl] of buses)
  it.runIf(server)(`of ${name} beside a running server is allowed, asks, and loses nothing that is sold`, async () => {
    const env = { BUS_URL: newUrl() }
    const dataDir = await dataFolder()
    const house = await startTestPlatform({ dataDir, house: { venues: [HALL], events: [event('Show')] }, env })
    expect((await house.buy(SEAT)).status).toBe(201)
    await house.settle()
    const reset = (...args: string[]) => onsaleIn(dataDir, ['reset', 'bus', ...args], { env })
    expect(await reset()).toMatchObject({ code: 2, out: '' })
    expect(await onsaleIn(dataDir, ['reset', 'bus', '--yes'], { env: { ...env, NODE_ENV: 'production' } })).toMatchObject({
      code: 1,
      out: '',
    })
    const done = await reset('--yes', '--json')
    expect(done.code, done.err).toBe(0)
    expect((JSON.parse(done.out) as { emptied: { place: string }[] }).emptied).toHaveLength(2)
    expect((await house.buy({ ...SEAT, column: 2 })).status).toBe(201)
    await until(
      'it is seen',
      async () => (await house.get('/query/api/v1/tickets/count/Show')).json<{ count: number }>().count === 2,
      60_000,
    )
    await house.stop()
  })

it('of the bus in memory says that there is nothing to reset', async () => {
  expect(await onsaleIn(await dataFolder(), ['reset', 'bus', '--yes'])).toMatchObject({
    code: 1,
    out: '',
    err: expect.stringContaining('memory:'),
  })
})
