/** A start that cannot be: one sentence that names the setting or the file and what would do, at once, and no stack. */
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join, resolve } from 'node:path'
import { describe, expect, it, onTestFinished, test } from 'vitest'
import { event, HALL, writeHouse } from '../test/house.ts'
import { temporaryFolder } from '../test/platform.ts'
import { runServer, startServer } from '../test/process.ts'
import { until } from '../test/until.ts'

const OTHER_SAMPLES = resolve(import.meta.dirname, '../../bench/src/server.ts')

async function folder(): Promise<string> {
  const made = await temporaryFolder()
  onTestFinished(() => rm(made, { recursive: true, force: true }))
  return made
}

/** All that is said, in one or two lines, by a process that ends by itself. */
async function refusal(env: Record<string, string>): Promise<string> {
  const { heard, ended } = await runServer({ LOG_LEVEL: 'warn', ...env })
  expect(await ended).toEqual([1, null])
  expect(heard.said).toMatch(/^Onsale cannot start/m)
  expect(heard.said).not.toMatch(/^\s+at /m)
  return heard.said
}

describe('a folder where nothing can be kept is named with its setting', () => {
  it('because a file has its name', async () => {
    const file = join(await folder(), 'data')
    await writeFile(file, '')
    expect(await refusal({ DATA_DIR: file })).toMatch(/nothing can be kept in .*data .*is a file\). DATA_DIR/)
    expect(await refusal({ DATA_DIR: join(file, 'below') })).toMatch(/DATA_DIR/)
  })

  it('because the system allows nobody to, and says so at once', { timeout: 20_000 }, async () => {
    expect(await refusal({ DATA_DIR: '/proc/onsale' })).toMatch(/nothing can be kept in \/proc\/onsale .*DATA_DIR/)
    expect(await refusal({ LEDGER_URL: 'sqlite:/proc/onsale/ledger.db' })).toMatch(/\/proc\/onsale .*LEDGER_URL/)
  })
})

describe('a file that is none of ours is named, with what to do', () => {
  it.each([
    ['ledger.db', /ledger\.db is no database, or a damaged one\..*rebuild hot-state/],
    ['read.db', /read\.db is no database, or a damaged one\..*backup/],
  ])('%s', async (name, said) => {
    const dataDir = await folder()
    await writeFile(join(dataDir, name), 'x'.repeat(5000))
    expect(await refusal({ DATA_DIR: dataDir })).toMatch(said)
  })

  it('also when only its inside is damaged', async () => {
    const dataDir = await folder()
    await writeFile(join(dataDir, 'read.db'), `SQLite format 3\0${'x'.repeat(5000)}`)
    expect(await refusal({ DATA_DIR: dataDir })).toMatch(/read\.db is damaged/)
  })
})

describe('an address that cannot be listened on', () => {
  it.each(['nowhere.invalid', '203.0.113.7'])('names HOST: %s', async (host) => {
    expect(await refusal({ HOST: host })).toContain(`HOST=${host} is no address of this machine`)
  })

  it('names the port that is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    onTestFinished(() => void other.close())
    await until('it listens', () => other.listening)
    const { port } = other.address() as { port: number }
    expect(await refusal({ METRICS_PORT: String(port) })).toContain(`METRICS_PORT=${port} is taken`)
    expect(await refusal({ PORT: String(port) })).toContain('PORT=8081 npm start')
  })

  it('of six parts stands in brackets in the ready line', async () => {
    const server = await startServer({ HOST: '::1' })
    onTestFinished(() => server.kill())
    expect(server.url).toMatch(/^http:\/\/\[::1\]:\d+$/)
    expect((await fetch(`${server.url}/health`)).status).toBe(200)
  })
})

test('a stop says that it drains', async () => {
  const { heard, ended, stop } = await runServer({ LOG_LEVEL: 'warn', DRAIN_MS: '50' })
  await until('it is open', () => heard.said.includes('is open'))
  stop()
  expect(await ended).toEqual([0, null])
  expect(heard.said.split('\n').slice(1)).toEqual([expect.stringMatching(/^Onsale stops: it serves on for 50 ms/), ''])
})

test('a wrong sample is one line a file, and on sale at the start after it was mended', async () => {
  const [dataDir, samples] = [await folder(), await folder()]
  await mkdir(join(samples, 'venues'))
  const zones = Array.from({ length: 100 }, (_, at) => ({ zoneId: at + 1, rows: 0, seatsPerRow: 5 }))
  await writeHouse(samples, {
    venues: [HALL, { ...HALL, venueId: 'Wide', zones }],
    events: [event('Good'), event('Bad', { currency: '?' })],
  })
  const start = async (): Promise<string> => {
    const { heard, ended, stop } = await runServer({ LOG_LEVEL: 'warn', DATA_DIR: dataDir, DRAIN_MS: '0' }, [OTHER_SAMPLES, samples])
    await until('it is open', () => heard.said.includes('is open'))
    stop()
    await ended
    return heard.said
  }
  const first = (await start()).split('\n').filter((line) => line.includes('was not imported'))
  expect(first).toEqual([expect.stringMatching(/"Wide|Wide\.json.*"inAll":100/), expect.stringMatching(/Bad\.json.*\/currency/)])
  await writeHouse(samples, { venues: [], events: [event('Bad')] })
  expect(await start()).toMatch(/"events":\["Bad"\].*imported now/)
  expect(await start()).not.toContain('imported now')
})
