/** `onsale status` as an operator runs it: beside a server, of a server, and of what a server left behind. */
import { rm } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { event, HALL, HALL_SEATS } from '../../../server/test/house.ts'
import { startTestPlatform } from '../../../server/test/platform.ts'
import { dataFolder, jsonOf, onsaleIn } from '../../test/onsale.ts'

it('tells what SQL knows beside a running server, all when that has ended, and that the halves are torn when one is lost', async () => {
  const dataDir = await dataFolder()
  const house = await startTestPlatform({ dataDir, house: { venues: [HALL], events: [event('Show')] } })
  expect((await house.buy({ venueId: 'Hall', eventId: 'Show', quantity: 2 })).status).toBe(201)
  await house.settle()
  const beside = await jsonOf<{ ledger: string }>(dataDir, ['status'])
  const catalogue = { venues: 1, events: 1, zones: 3, seats: HALL_SEATS, available: HALL_SEATS - 2, held: 0, sold: 2 }
  expect(beside).toMatchObject({ missingMigrations: [], conflicts: 0, catalogue, problems: [] })
  expect(beside).toMatchObject({ shards: [{ shard: '0', head: null, trimmed: null, stored: 1, lag: null }] })
  expect(beside.ledger).toContain('in use by another process')

  const { url } = house.platform
  const ready = await jsonOf<{ status: string; checks: { name: string }[] }>(dataDir, ['status', '--url', url])
  expect(ready.status).toBe('ready')
  expect(ready.checks.map(({ name }) => name)).toContain('ledger')
  await house.stop()
  expect(await onsaleIn(dataDir, ['status', '--url', url])).toMatchObject({ code: 1, out: '' })

  const after = await jsonOf<{ files: { file: string; bytes: number }[] }>(dataDir, ['status'])
  expect(after).toMatchObject({ ledger: 'in no use', shards: [{ shard: '0', head: 1, stored: 1, lag: 0 }], problems: [] })
  expect(after.files.find(({ file }) => file === `${dataDir}/ledger.db`)?.bytes).toBeGreaterThan(8192)

  await rm(`${dataDir}/ledger.db`)
  const { problems } = await jsonOf<{ problems: string[] }>(dataDir, ['status'], 1)
  expect(problems).toEqual(['Shard 0: 1 entries are stored, the ledger has 0: it is lost or an older copy.'])
})

it('of a folder with nothing in it, and of an address that is none, says so', async () => {
  const dataDir = await dataFolder()
  expect(await onsaleIn(dataDir, ['status'])).toMatchObject({ code: 1, out: '', err: expect.stringContaining('Is DATA_DIR right?') })
  expect(await onsaleIn(dataDir, ['status', '--url', 'localhost'])).toMatchObject({ code: 2, out: '' })
})
