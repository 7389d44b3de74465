/** `onsale reset` as an operator runs it, on what a server that sold has left behind. */
import { readdirSync } from 'node:fs'
import { openLedger, openSql } from '@onsale/server/adapters'
import { type Audit, audit } from '@onsale/server/audit'
import { expect, it } from 'vitest'
import { event, HALL, HALL_SEATS } from '../../../server/test/house.ts'
import { startTestPlatform, type TestPlatform } from '../../../server/test/platform.ts'
import { dataFolder, jsonOf, onsaleIn } from '../../test/onsale.ts'
import { answerTo } from '../read-only-query.ts'

const SEAT = { venueId: 'Hall', eventId: 'Show', zoneId: 1, row: 'A', column: 1 }

const open = (dataDir: string): Promise<TestPlatform> => startTestPlatform({ dataDir, house: { venues: [HALL], events: [event('Show')] } })

async function soldFolder(): Promise<string> {
  const dataDir = await dataFolder()
  const house = await open(dataDir)
  expect((await house.buy(SEAT)).status).toBe(201)
  await house.settle()
  await house.stop()
  return dataDir
}

async function audited(dataDir: string): Promise<Audit> {
  const [ledger, sql] = [await openLedger(`sqlite:${dataDir}/ledger.db`), await openSql(`sqlite:${dataDir}/read.db`)]
  return audit(ledger, sql, Date.now()).finally(() => Promise.all([ledger.close(), sql.close()]))
}

const rowsOf = (dataDir: string, select: string) => {
  const answer = answerTo(`${dataDir}/read.db`, select)
  return 'rows' in answer ? answer.rows : []
}

it('of the read side alone is refused once something is sold, and loses nothing', async () => {
  const dataDir = await soldFolder()
  const refused = await onsaleIn(dataDir, ['reset', 'read-side', '--yes'])
  expect(refused).toMatchObject({ code: 1, out: '' })
  expect(refused.err).toContain('The ledger has 1 entries, whose only archive this is.')
  expect(await audited(dataDir)).toMatchObject({ differences: [], checked: { entries: 1, tickets: 1 } })
})

it('is refused in production, without the words, and of what there is not; and loses nothing', async () => {
  const dataDir = await soldFolder()
  expect(await onsaleIn(dataDir, ['reset', 'ledger', '--yes'], { env: { NODE_ENV: 'production' } })).toMatchObject({ code: 1, out: '' })
  expect(await onsaleIn(dataDir, ['reset', 'ledger'], { typed: 'reset read-side\n' })).toMatchObject({ code: 2, out: '' })
  expect(await onsaleIn(dataDir, ['reset', 'everything', '--yes'])).toMatchObject({ code: 2, out: '' })
  expect(rowsOf(dataDir, 'select count(*) as tickets from tickets')).toEqual([{ tickets: 1 }])
  expect(readdirSync(dataDir)).toContain('ledger.db')
})

it('of the ledger frees every seat in both halves, which sell again and agree', async () => {
  const dataDir = await soldFolder()
  const done = await onsaleIn(dataDir, ['reset', 'ledger', '--json'], { typed: 'reset ledger\n' })
  expect(done.code, done.err).toBe(0)
  expect((JSON.parse(done.out) as { emptied: unknown[] }).emptied).toContainEqual({ table: 'tickets', rows: 1 })
  expect(readdirSync(dataDir).filter((name) => /^ledger\.db(-\w+)?$/.test(name))).toEqual([])
  expect(rowsOf(dataDir, 'select sum(available) as available, sum(sold) as sold from event_zones')).toEqual([
    { available: HALL_SEATS, sold: 0 },
  ])

  const house = await open(dataDir)
  expect((await house.buy(SEAT)).status).toBe(201)
  expect((await house.buy(SEAT)).status).toBe(409)
  await house.settle()
  await house.stop()
  expect(await audited(dataDir)).toMatchObject({ differences: [], checked: { entries: 1, tickets: 1 } })
})

it('of the read side, while nothing is sold, makes the next start the first one', async () => {
  const dataDir = await dataFolder()
  await (await open(dataDir)).stop()
  const { emptied } = await jsonOf<{ emptied: unknown[] }>(dataDir, ['reset', 'read-side', '--yes'])
  expect(emptied).toContainEqual({ table: 'events', rows: 1 })
  expect(rowsOf(dataDir, 'select event_id from events union all select venue_id from venues')).toEqual([])
  const house = await open(dataDir)
  expect((await house.buy(SEAT)).status).toBe(201)
  await house.stop()
})

it('beside a running server is refused, and the server goes on selling', async () => {
  const dataDir = await dataFolder()
  const house = await open(dataDir)
  for (const what of ['ledger', 'read-side']) {
    const refused = await onsaleIn(dataDir, ['reset', what, '--yes'])
    expect(refused).toMatchObject({ code: 1, out: '' })
    expect(refused.err).toContain('in use by another process')
  }
  expect((await house.buy(SEAT)).status).toBe(201)
  await house.stop()
})
