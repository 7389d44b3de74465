/** The roles as processes on real servers of their own: Must show 2 of issue 4, and some rounds of `npm run chaos -- --engines`. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { serverOf } from '../../../server/test/outside.ts'
import { randomOf } from '../load/wishes.ts'
import { planOf } from './faults.ts'
import { enginesOf, type ServerName, type Servers, serversOf, startServers } from './servers.ts'
import { siege } from './siege.ts'

const PAIRS = ['redis,kafka,postgres', 'redis,sns-sqs,mariadb'] as const
const isThere = ['REDIS_URL', 'KAFKA_URL', 'POSTGRES_URL', 'MYSQL_URL', 'AWS_ENDPOINT_URL'].every(serverOf)

test('what --engines names is understood, and what it cannot be is said', () => {
  expect(enginesOf('redis,sns-sqs,mariadb')).toEqual({ bus: 'sns-sqs', database: 'mariadb' })
  for (const text of ['kafka,postgres', 'redis,kafka', 'redis,kafka,oracle', 'redis,kafka,postgres,postgres', 'redis,toString,postgres'])
    expect(() => enginesOf(text), text).toThrow('write redis,kafka,postgres')
})

describe.runIf(isThere)('two purchase processes, two projectors and one for queries', () => {
  let servers: Servers
  beforeAll(async () => {
    servers = await startServers(PAIRS.flatMap((pair): ServerName[] => serversOf(enginesOf(pair))))
  }, 120_000)
  afterAll(() => servers?.clean(), 60_000)

  test.each([
    [PAIRS[0], 2],
    [PAIRS[1], 1],
  ] as const)('on %s lose nothing whatever happens', { timeout: 600_000 }, async (pair, rounds) => {
    const seed = Math.floor(Math.random() * 1_000_000)
    const faults = ['kill-purchase', 'kill-projector', ...planOf(4, randomOf(seed))]
    const found = await siege({ engines: enginesOf(pair), servers, rounds, seed, faults, behind: 500, log: console.log })
    const again = `npm run chaos -- --engines ${pair} --rounds ${rounds} --seed ${seed} --faults ${faults} --behind 500`
    expect(found.differences, again).toEqual([])
    expect(found.answers).toBeGreaterThan(100 * rounds)
    expect(found.replays).toBeGreaterThan(100 * rounds)
    expect([...found.done.keys()]).toEqual(expect.arrayContaining(['killed a purchase', 'killed a projector']))
  })
})
