/** FLUSHALL in a quiet moment: nothing is sold until `rebuild hot-state`, and then nothing twice. On a Redis of its own. */
import type { SoldTicket } from '@onsale/contract/tickets'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { problem } from '../../../server/test/answer.ts'
import { event, HALL, type House } from '../../../server/test/house.ts'
import { serverOf } from '../../../server/test/outside.ts'
import { startTestPlatform } from '../../../server/test/platform.ts'
import { flushAll } from '../../../server/test/redis.ts'
import { type OwnServers, startOwnServers } from '../../../server/test/services.ts'
import { until } from '../../../server/test/until.ts'
import { dataFolder, onsaleIn } from '../../test/onsale.ts'

const house: House = { venues: [HALL], events: [event('Play'), event('Show')] }
const best = (eventId: string, quantity: number) => ({ venueId: 'Hall', eventId, zoneId: 1, quantity })
const named = { venueId: 'Hall', eventId: 'Play', zoneId: 1, row: 'A', column: 1 }
const key = { 'idempotency-key': 'of-the-first-buyer' }

// Where no Redis is named, none may be installed.
describe.skipIf(!serverOf('REDIS_URL'))('rebuild hot-state', () => {
  let own: OwnServers
  beforeAll(async () => {
    own = await startOwnServers('redis')
  })
  afterAll(() => own?.remove())

  it('opens the sale again where it was: until then 503, afterwards no seat twice, positions go on', async () => {
    const [redis, dataDir] = [own.url('REDIS_URL'), await dataFolder()]
    const env = { LEDGER_URL: redis, LOG_LEVEL: 'silent' }
    const onsale = await startTestPlatform({ house, dataDir, env })
    onTestFinished(() => onsale.stop())
    expect((await onsale.buy(named, key)).status).toBe(201)
    for (let i = 0; i < 3; i++) for (const name of ['Play', 'Show']) expect((await onsale.buy(best(name, 2))).status).toBe(201)
    await onsale.settle()
    const heads = async () => (await (await onsale.platform.adapters.ledger()).ends()).map(({ shard, head }) => ({ shard, head }))
    const before = await heads()

    await flushAll(redis)
    // The first hear it of the ledger itself, later ones of who looks every two seconds; the seat of the first buyer looks free by now.
    for (const wish of [best('Play', 1), named, best('Show', 4), named, best('Play', 1)])
      for (const asked of await Promise.all([onsale.buy(wish), onsale.buy(wish, key)]))
        expect([asked.status, Number(asked.headers['retry-after']) > 0], problem(asked).detail).toEqual([503, true])
    const said = await onsaleIn(dataDir, ['rebuild', 'hot-state', '--json'], { env })
    expect(said.code, said.err).toBe(0)
    const told = JSON.parse(said.out) as {
      zones: number
      shards: { shard: string; before: number; head: number }[]
      differences: unknown[]
    }
    expect(told).toMatchObject({ zones: 6, differences: [] })
    expect(told.shards.filter(({ head }) => head > 0)).toMatchObject(
      before.filter(({ head }) => head > 0).map((each) => ({ ...each, before: 0 })),
    )

    const sold = await until('the sale goes on', async () => {
      const answer = await onsale.buy(best('Play', 1))
      return answer.status === 201 && answer
    })
    const [shard, position] = String(sold.headers['onsale-position']).split('-')
    expect(Number(position)).toBe((before.find((each) => each.shard === shard)?.head ?? 0) + 1)
    expect((await onsale.buy(named)).status, 'the seat of the first buyer').toBe(409)
    expect((await onsale.buy(named, key)).status, 'a key is not restored, its seat is').toBe(409)
    const rest: SoldTicket[] = []
    for (let answer = await onsale.buy(best('Play', 1)); answer.status === 201; answer = await onsale.buy(best('Play', 1)))
      rest.push(...answer.json<{ tickets: SoldTicket[] }>().tickets)
    expect(rest).toHaveLength(24 - 1 - 6 - 1)
    await onsale.settle()
    const audited = await onsaleIn(dataDir, ['audit', '--json'], { env })
    expect([audited.code, JSON.parse(audited.out)]).toMatchObject([0, { differences: [], checked: { tickets: 24 + 6 } }])
    const again = await onsaleIn(dataDir, ['rebuild', 'hot-state'], { env })
    expect([again.code, again.out]).toEqual([0, expect.stringContaining('was there')])
  })

  it('says what it can make anew', async () => {
    const said = await onsaleIn(await dataFolder(), ['rebuild', 'house'])
    expect([said.code, said.err]).toEqual([2, expect.stringContaining('read-side or hot-state')])
  })
})
