/** The roles as processes on real servers of their own: Must show 2 of issue 4, and some rounds of `npm run chaos -- --engines`. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { serverOf } from '../../../server/test/outside.ts'
import { enginesOf, type ServerName, type Servers, serversOf, startServers } from './servers.ts'
import { countsText, siege } from './siege.ts'

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

  test.each(PAIRS)('on %s lose nothing when a purchase and a projector are killed', { timeout: 300_000 }, async (pair) => {
    const engines = enginesOf(pair)
    const faults = ['kill-purchase', 'kill-projector']
    const { differences, answers, replays, done } = await siege({
      engines,
      servers,
      rounds: 1,
      seed: 1,
      faults,
      behind: 500,
      log: console.log,
    })
    expect(differences).toEqual([])
    expect(answers).toBeGreaterThan(100)
    expect(replays).toBeGreaterThan(100)
    expect([...done.keys()]).toEqual(expect.arrayContaining(['killed a purchase', 'killed a projector']))
  })

  test.each(PAIRS)('on %s lose nothing whatever happens', { timeout: 600_000 }, async (pair) => {
    const seed = Math.floor(Math.random() * 1_000_000)
    const rounds = pair === PAIRS[0] ? 2 : 1
    const { differences, done } = await siege({
      engines: enginesOf(pair),
      servers,
      rounds,
      seed,
      faults: 6,
      behind: 500,
      log: console.log,
    })
    expect(differences, `npm run chaos -- --engines ${pair} --rounds ${rounds} --seed ${seed} --faults 6 --behind 500`).toEqual([])
    expect(countsText(done)).toContain('killed')
  })
})
