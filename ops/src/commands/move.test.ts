/** The command as an operator runs it, beside a server that is a process of its own. What a move does is tried in server/src/move. */
import type { EventSummary } from '@onsale/contract/events'
import { expect, it } from 'vitest'
import { createClient } from '../../../server/test/client.ts'
import { onServer } from '../../../server/test/databases.ts'
import { startServer } from '../../../server/test/process.ts'
import { redisLedgers } from '../../../server/test/redis.ts'
import { dataFolder, onsaleIn } from '../../test/onsale.ts'

const newRedis = redisLedgers()

it.each([
  [['move', '--to'], /required option '--ledger <url>'/],
  [['move', '--to', '--ledger', 'redis://h', '--database', 'sqlite:./x.db'], /read side on postgres: or mysql:/],
  [['move', '--to', '--ledger', 'sqlite:./x.db', '--database', 'postgres://h/d'], /ledger on redis:/],
])('is wrong use without places to go to: %j', async (args, said) => {
  expect(await onsaleIn(await dataFolder(), args)).toMatchObject({ code: 2, err: expect.stringMatching(said) })
})

it('fails, and says why, where nothing serves or an address is wrong', async () => {
  const dataDir = await dataFolder()
  const to = (database: string) => ['move', '--to', '--ledger', 'redis://h', '--database', database]
  expect(await onsaleIn(dataDir, to('postgres://h/d'))).toMatchObject({ code: 1, err: expect.stringContaining(`serves from ${dataDir}`) })
  expect(await onsaleIn(dataDir, to('postgres://h'))).toMatchObject({ code: 1, err: expect.stringContaining('DATABASE_URL names no') })
})

if (newRedis)
  await onServer('POSTGRES_URL', (newDatabase) =>
    it('takes a running server along, which the old addresses do not start again and the new ones do', { timeout: 120_000 }, async () => {
      const [dataDir, redis, database] = [await dataFolder(), newRedis(), await newDatabase()]
      const server = await startServer({ DATA_DIR: dataDir })
      const client = createClient(server.url)
      const events = await client.read<EventSummary[]>('/query/api/v1/events')
      const { eventId, venueId } = events.find(({ sale }) => sale === 'instant') as EventSummary
      const ask = { eventId, venueId, quantity: 1 }
      const first = await client.buy(ask, { 'idempotency-key': 'k' })
      expect(first.status, first.text).toBe(201)

      const said = await onsaleIn(dataDir, ['move', '--to', '--ledger', redis.url, '--database', database.url, '--json'])
      expect(said.code, said.err).toBe(0)
      expect(JSON.parse(said.out)).toMatchObject({ entries: 1, checked: { tickets: 1 } })
      expect(said.err).toContain('copying: 1 of 1 entries')
      const second = await client.buy(ask)
      expect(second.headers['onsale-position']).toBe('0-2')
      // An audit of what nobody serves any more finds what was not stored yet.
      const stored = await client.get(String(second.headers.location), { 'onsale-after': '0-2' })
      expect(stored.status, stored.text).toBe(200)
      client.close()
      expect(await server.stop()).toBe(0)

      await expect(startServer({ DATA_DIR: dataDir })).rejects.toThrow(/before it was ready|said nothing/)
      const env = { DATA_DIR: dataDir, LEDGER_URL: redis.url, DATABASE_URL: database.url }
      const audited = await onsaleIn(dataDir, ['audit', '--json'], { env })
      expect([audited.code, JSON.parse(audited.out)]).toMatchObject([0, { differences: [], checked: { tickets: 2 } }])
      const next = await startServer(env)
      const again = createClient(next.url)
      expect((await again.buy(ask, { 'idempotency-key': 'k' })).text).toBe(first.text)
      expect((await again.buy(ask)).headers['onsale-position']).toBe('0-3')
      again.close()
      await next.stop()
      await database.drop()
    }),
  )
