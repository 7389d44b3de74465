/** `onsale status` as an operator runs it: beside a server, of a server, and of what a server left behind. */
import { rm, writeFile } from 'node:fs/promises'
import { beforeAll, expect, it } from 'vitest'
import { event, HALL, HALL_SEATS } from '../../../server/test/house.ts'
import { startTestPlatform, type TestPlatform } from '../../../server/test/platform.ts'
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
  expect(beside).toMatchObject({ missingMigrations: [], conflicts: 0, catalogue, problems: [] })
  expect(beside).toMatchObject({ shards: [{ shard: '0', head: null, trimmed: null, stored: 1, lag: null }] })
  expect(beside.ledger).toContain('in use by another process')

  const { url } = house.platform
  const ready = await jsonOf<{ status: string; checks: { name: string }[] }>(dataDir, ['status', '--url', url])
  expect(ready.status).toBe('ready')
  expect(ready.checks.map(({ name }) => name)).toContain('ledger')
  await house.stop()
  expect(await onsaleIn(dataDir, ['status', '--url', url])).toMatchObject({ code: 1, out: '' })
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
  expect(unreadable).toMatchObject({ ledger: 'does not open', catalogue, problems: [expect.stringContaining('not a database')] })
})

it('of a folder with nothing in it, and of an address that is none, says so', async () => {
  const empty = await dataFolder()
  expect(await onsaleIn(empty, ['status'])).toMatchObject({ code: 1, out: '', err: expect.stringContaining('Is DATA_DIR right?') })
  expect(await onsaleIn(empty, ['status', '--url', 'localhost'])).toMatchObject({ code: 2, out: '' })
})
