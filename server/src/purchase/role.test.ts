/** What the purchase role makes of a ledger that is not as it should be: it says so, sells nothing, and lets everything else go on. */
import { copyFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { EventDetail, EventSummary } from '@onsale/contract/events'
import { Redis } from 'ioredis'
import { expect, it, onTestFinished, test } from 'vitest'
import { problem } from '../../test/answer.ts'
import { event, HALL, type House } from '../../test/house.ts'
import { serverOf } from '../../test/outside.ts'
import { startTestPlatform, type TestPlatform, temporaryFolder } from '../../test/platform.ts'
import { until } from '../../test/until.ts'
import { importEvent } from '../catalogue/import.ts'

const house: House = { venues: [HALL], events: [event('Play')] }
const EVENTS = '/query/api/v1/events'
const wish = { venueId: 'Hall', eventId: 'Play', zoneId: 1, quantity: 2 }

type Check = { name: string; status: string; detail: string }

async function folder(): Promise<string> {
  const dataDir = await temporaryFolder()
  onTestFinished(() => rm(dataDir, { recursive: true, force: true }))
  return dataDir
}

/** Starts, sells two seats and stops, once the log is trimmed as far as it goes. */
async function sellAndStop(dataDir: string): Promise<void> {
  const onsale = await startTestPlatform({ dataDir, house })
  expect((await onsale.buy(wish)).status).toBe(201)
  await until('the log is trimmed', async () =>
    (await (await onsale.platform.adapters.ledger()).ends()).every(({ trimmed, head }) => head > 0 && trimmed === head),
  )
  await onsale.stop()
}

async function startTorn(dataDir: string): Promise<TestPlatform> {
  const onsale = await startTestPlatform({ dataDir, house, env: { LOG_LEVEL: 'silent' } })
  onTestFinished(() => onsale.stop())
  return onsale
}

async function expectNothingSold(onsale: TestPlatform, lost: string, events = ['Play']): Promise<void> {
  const ready = await onsale.get('/health/ready')
  expect(ready.status).toBe(503)
  const { checks } = ready.json<{ checks: Check[] }>()
  expect(checks.find(({ name }) => name === 'log')).toMatchObject({ status: 'failing', detail: expect.stringContaining(lost) })
  const heads = await (await onsale.platform.adapters.ledger()).ends()
  for (const each of [wish, { ...wish, quantity: undefined, row: 'D', column: 6 }]) {
    const refused = await onsale.buy(each)
    expect([refused.status, problem(refused).code, refused.headers['retry-after']]).toEqual([503, 'not-ready', '10'])
  }
  expect(await (await onsale.platform.adapters.ledger()).ends()).toEqual(heads)
  expect((await onsale.get('/health')).status).toBe(200)
  expect((await onsale.read<EventSummary[]>(EVENTS)).map(({ eventId }) => eventId).sort()).toEqual(events)
}

it('sells nothing when the read side was lost and the ledger was kept', async () => {
  const dataDir = await folder()
  await sellAndStop(dataDir)
  await rm(join(dataDir, 'read.db'))
  await expectNothingSold(await startTorn(dataDir), 'the read side is lost or an older copy')
})

it.each([
  ['an older copy', (copy: string, ledger: string) => copyFile(copy, ledger)],
  ['lost', (_: string, ledger: string) => rm(ledger)],
])('sells nothing when the ledger is %s and the read side was kept', async (_, replace) => {
  const dataDir = await folder()
  const [ledger, copy] = [join(dataDir, 'ledger.db'), join(dataDir, 'copy.db')]
  await sellAndStop(dataDir)
  await copyFile(ledger, copy)
  await sellAndStop(dataDir)
  await replace(copy, ledger)
  const onsale = await startTorn(dataDir)
  await expectNothingSold(onsale, 'the ledger is lost or an older copy')
  expect(await onsale.read<EventDetail>(`${EVENTS}/Play`)).toMatchObject({ sold: 4 })
})

it('says 503 with Retry-After while the ledger cannot write, and sells the same seat afterwards', async () => {
  const onsale = await startTestPlatform({ house })
  onTestFinished(() => onsale.stop())
  const seat = { venueId: 'Hall', eventId: 'Play', zoneId: 1, row: 'A', column: 1 }
  const disk = new DatabaseSync(join(onsale.dataDir, 'ledger.db'), { timeout: 5000 })
  disk.exec("create trigger refuse before insert on log begin select raise(abort, 'no space left'); end")
  for (const each of [seat, wish]) {
    const refused = await onsale.buy(each, { 'idempotency-key': 'k' })
    expect([refused.status, problem(refused).code, refused.headers['retry-after']]).toEqual([503, 'busy', '1'])
  }
  disk.exec('drop trigger refuse')
  disk.close()
  const sold = await onsale.buy(seat, { 'idempotency-key': 'k' })
  expect([sold.status, sold.headers['idempotency-replayed']]).toEqual([201, undefined])
})

/** Takes every key of a ledger away, and gives back how to restore them. */
async function empty(redis: Redis, prefix: string): Promise<() => Promise<void>> {
  const keys = await redis.keys(`${prefix}:*`)
  const copies = await Promise.all(keys.map(async (key) => [key, (await redis.dumpBuffer(key)) as Buffer] as const))
  expect(keys.length).toBeGreaterThan(0)
  await redis.del(...keys)
  return async () => {
    for (const [key, copy] of copies) await redis.restore(key, 0, copy, 'REPLACE')
  }
}

const server = serverOf('REDIS_URL')
if (!server) test.skip('on Redis')
else
  it('sells nothing while an emptied Redis lacks what was sold, opens nothing in it, and goes on without a restart once it is back', async () => {
    const redis = new Redis(server)
    const prefix = `torn-${process.pid}-${Date.now()}`
    const dataDir = await folder()
    const env = { LEDGER_URL: `${server}?prefix=${prefix}`, LOG_LEVEL: 'silent' }
    let onsale = await startTestPlatform({ dataDir, house, env })
    onTestFinished(async () => {
      await onsale.stop()
      await redis.del(...(await redis.keys(`${prefix}:*`)))
      redis.disconnect()
    })
    expect((await onsale.buy(wish)).status).toBe(201)
    await onsale.settle()

    const restoreOnce = await empty(redis, prefix)
    expect((await onsale.buy(wish)).status).toBe(503)
    await until('it is noticed', async () => problem(await onsale.buy(wish)).code === 'not-ready')
    await expectNothingSold(onsale, 'the ledger is lost or an older copy')
    await restoreOnce()
    await until('seats are sold again', async () => (await onsale.buy(wish)).status === 201)
    await onsale.settle()

    // A process that starts now has seen nothing of it.
    const restore = await empty(redis, prefix)
    await importEvent(await onsale.platform.adapters.sql(), event('Encore'), Date.now())
    await onsale.stop()
    onsale = await startTestPlatform({ dataDir, env })
    await expectNothingSold(onsale, 'the ledger is lost or an older copy', ['Encore', 'Play'])
    expect((await onsale.buy({ ...wish, eventId: 'Encore' })).status).toBe(503)
    expect(await (await onsale.platform.adapters.ledger()).zones()).toEqual([])
    await restore()
    await until('seats are sold again', async () => (await onsale.buy(wish)).status === 201)
    await until('what came meanwhile is opened', async () => (await onsale.buy({ ...wish, eventId: 'Encore' })).status === 201)
    expect((await onsale.get('/health/ready')).status).toBe(200)
  })
