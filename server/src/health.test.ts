/** Alive, ready, and how it goes. */
import type { Route } from '@onsale/contract/api'
import { afterAll, describe, expect, it, onTestFinished } from 'vitest'
import topology from '../../topology.json' with { type: 'json' }
import { problem } from '../test/answer.ts'
import { event, HALL } from '../test/house.ts'
import { startTestPlatform, type TestPlatform } from '../test/platform.ts'
import { until } from '../test/until.ts'
import { addHealth } from './health.ts'
import { createHttp } from './http.ts'
import { createReport } from './report.ts'
import type { Check } from './roles.ts'

const onsale: TestPlatform = await startTestPlatform({ house: { venues: [HALL], events: [event('Play')] } })
afterAll(() => onsale.stop())

type Ready = { status: string; checks: { name: string; status: string; detail: string }[] }
const healthPaths: Route['url'][] = ['/health', '/api/health', ...Object.values(topology.roles).map(({ healthPath }) => healthPath)]

it.each([...new Set(healthPaths)])('%s is healthy for anyone, and says who and where', async (path) => {
  const health = await onsale.read<Record<string, unknown>>(path)
  expect(health).toMatchObject({
    status: 'healthy',
    environment: 'test',
    port: onsale.platform.port,
    version: expect.stringMatching(/^\d+\.\d+\.\d+$/),
  })
  expect(Math.abs(Date.parse(health.timestamp as string) - Date.now())).toBeLessThan(5000)
})

it('names the service of each role', async () => {
  for (const [role, { healthPath }] of Object.entries(topology.roles))
    if (healthPath !== '/health') expect(await onsale.read(healthPath)).toMatchObject({ service: role })
})

it('is ready with every check told', async () => {
  const ready = await onsale.read<Ready>('/health/ready')
  expect(ready.status).toBe('ready')
  expect(ready.checks.map(({ name }) => name).sort()).toEqual(['backlog', 'bus', 'database', 'ledger', 'log', 'projector', 'schema'])
  for (const check of ready.checks) expect([check.status, check.detail.length > 0], check.name).toEqual(['ok', true])
})

it('is alive but not ready while an event has zones that the ledger does not know', async () => {
  const sql = await onsale.platform.adapters.sql()
  await sql.db
    .insertInto('zones')
    .values({
      venue_id: 'Hall',
      zone_id: 9,
      ordinal: 9,
      section: null,
      name: null,
      rows_: 1,
      seats_per_row: 1,
      capacity: 1,
      gaps: '[]',
      accessible: '[]',
      companion: '[]',
      plan: null,
    })
    .execute()
  await sql.db
    .insertInto('event_zones')
    .values({ event_id: 'Play', zone_id: 9, ordinal: 9, price: 1, available: 1, held: 0, sold: 0, revenue: 0, version: 0 })
    .execute()
  await sql.db
    .updateTable('catalogue')
    .set((eb) => ({ version: eb('version', '+', 1) }))
    .execute()
  await onsale.buy({ venueId: 'Hall', eventId: 'Nothing', quantity: 1 }) // makes the catalogue look for news
  // What was found lately is said for a moment longer.
  const answer = await until('it is not ready', async () => {
    const found = await onsale.get('/health/ready')
    return found.status === 503 && found
  })
  const failing = answer.json<Ready>().checks.filter(({ status }) => status === 'failing')
  expect(failing).toEqual([{ name: 'ledger', status: 'failing', detail: '1 zones are not open: Play/9' }])
  expect((await onsale.get('/health')).status).toBe(200)
  const refused = await onsale.buy({ venueId: 'Hall', eventId: 'Play', zoneId: 9, row: 'A', column: 1 })
  expect([refused.status, problem(refused).code]).toEqual([503, 'zone-not-open'])
})

it('is alive but not ready when a check fails to answer', async () => {
  const closed = await startTestPlatform({ house: { venues: [HALL], events: [event('Play')] }, env: { LOG_LEVEL: 'silent' } })
  onTestFinished(() => closed.stop())
  await (await closed.platform.adapters.ledger()).close()
  const answer = await closed.get('/health/ready')
  expect(answer.status, answer.text).toBe(503)
  const failing = answer.json<Ready>().checks.filter(({ status }) => status === 'failing')
  expect(failing).toEqual([{ name: 'ledger', status: 'failing', detail: 'The ledger is closed.' }])
  expect((await closed.get('/health')).status).toBe(200)
})

it('counts what happens as Prometheus text', async () => {
  const count = async (name: string) =>
    Number(new RegExp(`^${name.replace(/[{}"]/g, '\\$&')} (\\d+)$`, 'm').exec((await onsale.get('/metrics')).text)?.[1] ?? 0)
  const before = { sold: await count('onsale_seats_sold_total'), refused: await count('onsale_refused_total{code="seat-occupied"}') }
  await onsale.buy({ venueId: 'Hall', eventId: 'Play', zoneId: 3, seats: undefined, quantity: 3 })
  for (let i = 0; i < 2; i++) await onsale.buy({ venueId: 'Hall', eventId: 'Play', zoneId: 3, row: 'A', column: 1 })
  expect(await count('onsale_seats_sold_total')).toBe(before.sold + 3)
  expect(await count('onsale_refused_total{code="seat-occupied"}')).toBe(before.refused + 2)
  expect((await onsale.get('/metrics')).headers['content-type']).toMatch(/^text\/plain/)
})

describe('roles', () => {
  it('that are not served are neither answered nor listed', async () => {
    const query = await startTestPlatform({ house: { venues: [HALL], events: [] }, env: { ROLES: 'query' } })
    expect((await query.get('/query/health')).status).toBe(200)
    for (const path of ['/purchase/health', '/events/health']) {
      const { code, availableServices } = problem(await query.get(path))
      expect([code, availableServices]).toEqual(['route-not-found', ['/query', '/health', '/docs']])
    }
    expect((await query.buy({})).status).toBe(404)
    await query.stop()
  })

  it('can have their metrics on a port of their own', async () => {
    const split = await startTestPlatform({ house: { venues: [HALL], events: [] }, env: { ROLES: 'query', METRICS_PORT: '0' } })
    expect((await split.get('/metrics')).status).toBe(404)
    await split.stop()
  })
})

it('looks once for a crowd that asks whether it is ready', async () => {
  const report = createReport({ level: 'error', roles: [] })
  const http = createHttp(report)
  onTestFinished(() => http.close())
  let looks = 0
  const checks = async (): Promise<Check[]> => [{ name: 'looks', status: 'ok', detail: String(++looks) }]
  addHealth(http, onsale.platform.config, report, checks, new AbortController().signal)
  const ask = async () => (await http.inject({ url: '/health/ready', headers: { host: 'x' } })).json<Ready>().checks[0]?.detail
  expect(new Set(await Promise.all(Array.from({ length: 50 }, ask)))).toEqual(new Set(['1']))
  await until('it looks again', async () => (await ask()) !== '1')
})
