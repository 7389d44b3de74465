/** Every role in two processes on real engines; each is replaced while seats are sold. No request fails, nothing is lost. */
import { expect, test } from 'vitest'
import { serverOf } from '../../../server/test/outside.ts'
import { rolling } from '../rolling.ts'
import { processCount } from './fleet.ts'

const isHere = ['REDIS_URL', 'KAFKA_URL', 'POSTGRES_URL'].every((variable) => serverOf(variable))
if (!isHere) test.skip('on Redis, Kafka and PostgreSQL')
else
  test('each process is replaced in the midst of a sell-out: no request fails, nothing is lost, live streams go on', async () => {
    const options = { quick: true, corrupt: false, cluster: false, seats: 3000, rate: 60 }
    const { differences, tables } = await rolling(options, () => {})
    expect(differences).toEqual([])
    expect(tables[0]?.rows.map((row) => row['exit code'])).toEqual(Array(processCount).fill(0))
    const [meanwhile] = tables[1]?.rows ?? []
    for (const count of ['answers 201', 'reads', 'streams resumed']) expect(Number(meanwhile?.[count]), count).toBeGreaterThan(0)
  }, 300_000)
