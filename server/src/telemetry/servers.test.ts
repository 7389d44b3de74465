/** What only servers have: pools of connections, dead letters, and a trace that goes through all of them. */
import { randomUUID } from 'node:crypto'
import { sql as raw } from 'kysely'
import { expect, onTestFinished, test } from 'vitest'
import { createClient } from '../../test/client.ts'
import { attributesOf, startCollector } from '../../test/collector.ts'
import { onServer, type TestDatabase } from '../../test/databases.ts'
import { metricsOf } from '../../test/metrics.ts'
import { serverOf } from '../../test/outside.ts'
import { startServer } from '../../test/process.ts'
import { until } from '../../test/until.ts'
import { openBus } from '../adapters.ts'

const LOCKS = { POSTGRES_URL: 'lock table tickets in access exclusive mode', MYSQL_URL: 'lock tables tickets write' }
const kafka = serverOf('KAFKA_URL')

async function start(env: Record<string, string>, database?: TestDatabase) {
  const server = await startServer({ LOG_LEVEL: 'silent', ...env })
  const client = createClient(server.url)
  onTestFinished(async () => {
    client.close()
    await server.stop()
    await database?.drop()
  })
  return client
}

for (const variable of ['POSTGRES_URL', 'MYSQL_URL'] as const)
  await onServer(variable, (newDatabase) => {
    test(`${variable}: connections in use, and who waits for one`, async () => {
      const database = await newDatabase()
      const client = await start({ DATABASE_URL: `${database.url}?pool=2` }, database)
      expect((await client.buy({ venueId: 'Venue1', eventId: 'Event1', quantity: 1 })).status).toBe(201)
      const all = (pool: string) => async () => (await metricsOf(client)).value('onsale_sql_connections_limit', { pool }) === 2
      await until('the pool of the projector', all('projector'))
      expect(await all('writer')()).toBe(true)
      const state = async (name: string) => (await metricsOf(client)).value('onsale_sql_connections', { pool: 'writer', state: name })

      const other = await database.open()
      const asked = await other.db.transaction().execute(async (trx) => {
        await raw.raw(LOCKS[variable]).execute(trx)
        const asking = Array.from({ length: 6 }, () => client.get('/query/api/v1/tickets'))
        await until('four wait for one of two', async () => (await state('used')) === 2 && (await state('waiting')) >= 4)
        if (variable === 'MYSQL_URL') await raw.raw('unlock tables').execute(trx)
        return asking
      })
      for (const answer of await Promise.all(asked)) expect(answer.status).toBe(200)
      await until('all are at rest', async () => (await state('idle')) > 0 && (await state('waiting')) === 0)
      await other.close()
    })
  })

if (kafka)
  await onServer('POSTGRES_URL', (newDatabase) => {
    test('dead letters are counted, and a trace goes through Kafka to PostgreSQL', async () => {
      const [database, collector] = [await newDatabase(), await startCollector()]
      onTestFinished(collector.close)
      const busUrl = `${kafka}/onsale-test-${randomUUID().slice(0, 8)}?partitions=1&retryMs=20&mostRetryMs=50&tries=2`
      const client = await start(
        {
          DATABASE_URL: database.url,
          BUS_URL: busUrl,
          OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
          OTEL_TRACES_SAMPLER_ARG: '1',
        },
        database,
      )
      const bus = await openBus(busUrl, () => {})
      await bus.publish([{ shard: '0', position: 1, body: 'no entry' }])
      const buy = async () => {
        const sold = await client.buy({ venueId: 'Venue1', eventId: 'Event1', quantity: 1 })
        expect(sold.status, sold.text).toBe(201)
      }
      await until(
        'the dead letter',
        async () => {
          await buy()
          return (await metricsOf(client)).value('onsale_dead_letters', { group: 'sql' }) === 1
        },
        40_000,
      )
      await bus.close()
      const write = await until('the write', () => collector.spans.find(({ name }) => name === 'SQL write'))
      expect(attributesOf(write)['db.system.name']).toBe('postgresql')
      const names = collector.spans.filter(({ traceId }) => traceId === write.traceId).map(({ name }) => name)
      expect(new Set(names)).toEqual(new Set(['POST /purchase/api/v1/tickets', 'ledger commit', 'publish', 'project', 'SQL write']))
    })
  })
