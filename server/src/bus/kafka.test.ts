/** Against the real server that KAFKA_URL names, each test on topics of its own. */
import { randomUUID } from 'node:crypto'
import { Admin } from '@platformatic/kafka'
import { afterAll, expect, test } from 'vitest'
import { serverOf } from '../../test/outside.ts'
import { busAddress } from './address.ts'
import { busConformance, many } from './bus.conformance.ts'
import { clientOptions, createKafkaBus, type KafkaAddress, ONE_SEND } from './kafka.ts'
import { outsideBusCarriesSales, outsideBusConformance, outsideBusWaitsForItsServer } from './outside.conformance.ts'
import { portionsOf } from './portions.ts'

const server = serverOf('KAFKA_URL')
const PREFIX = `onsale-test-${randomUUID().slice(0, 8)}`
const newUrl = (): string => `${server}/${PREFIX}-${randomUUID().slice(0, 8)}?partitions=3&retryMs=20&mostRetryMs=100&tries=3`
const newAddress = (): KafkaAddress => busAddress(newUrl()) as KafkaAddress

test('a send stays below the batch that a broker takes, and keeps the order', () => {
  const messages = many(40).map((message) => ({ ...message, body: `"${'é'.repeat(30_000)}"` }))
  const sent = [...portionsOf(messages, ONE_SEND)]
  for (const part of sent) expect(part.reduce((sum, { body }) => sum + Buffer.byteLength(body), 0)).toBeLessThanOrEqual(500_000)
  expect(sent.flat()).toEqual(messages)
  expect(sent).toHaveLength(5)
})

if (server) {
  afterAll(async () => {
    const admin = new Admin(clientOptions(newAddress()))
    const topics = (await admin.listTopics()).filter((topic) => topic.startsWith(PREFIX))
    await admin.deleteTopics({ topics })
    await admin.close()
  })
  busConformance('Kafka', async () => createKafkaBus(newAddress()))
  outsideBusConformance('Kafka', async (onError) => createKafkaBus(newAddress(), onError))
  outsideBusCarriesSales('Kafka', newUrl)
  const [{ host, port } = { host: '', port: 0 }] = newAddress().brokers.map((broker) => {
    const { hostname, port } = new URL(`kafka://${broker}`)
    return { host: hostname, port: Number(port) }
  })
  outsideBusWaitsForItsServer('Kafka', { host, port }, (door) => createKafkaBus({ ...newAddress(), brokers: [`127.0.0.1:${door}`] }))
}
