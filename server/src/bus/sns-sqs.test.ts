/** Against the real servers that AWS_ENDPOINT_URL names (or AWS itself would), each test on a topic and queues of its own. */
import { randomUUID } from 'node:crypto'
import { DeleteTopicCommand, ListTopicsCommand, SNSClient } from '@aws-sdk/client-sns'
import { DeleteQueueCommand, ListQueuesCommand, SQSClient } from '@aws-sdk/client-sqs'
import { afterAll, expect, test } from 'vitest'
import { serverOf } from '../../test/outside.ts'
import { until } from '../../test/until.ts'
import { busAddress } from './address.ts'
import { busConformance, createInbox, many } from './bus.conformance.ts'
import { outsideBusCarriesSales, outsideBusConformance, outsideBusWaitsForItsServer } from './outside.conformance.ts'
import { portionsOf } from './portions.ts'
import { createSnsSqsBus, ONE_REQUEST, type SnsSqsAddress } from './sns-sqs.ts'

const endpoint = serverOf('AWS_ENDPOINT_URL')
const region = process.env.AWS_REGION ?? 'eu-west-1'
const PREFIX = `onsale-test-${randomUUID().slice(0, 8)}`
const newUrl = (): string => `sns+sqs://${region}/${PREFIX}-${randomUUID().slice(0, 8)}?retryMs=20&mostRetryMs=100&tries=3`
const newAddress = (): SnsSqsAddress => busAddress(newUrl()) as SnsSqsAddress

test('a request stays within ten messages and 256 KB, and keeps the order', () => {
  const large = many(12).map((message) => ({ ...message, body: `"${'é'.repeat(30_000)}"` }))
  const messages = [...many(25), ...large]
  const sent = [...portionsOf(messages, ONE_REQUEST)]
  for (const batch of sent) {
    expect(batch.length).toBeLessThanOrEqual(10)
    expect(batch.reduce((sum, { body }) => sum + Buffer.byteLength(body), 0)).toBeLessThan(256 * 1024)
  }
  expect(sent.flat()).toEqual(messages)
  expect(sent.length).toBeLessThan(7)
})

if (endpoint) {
  const sns = new SNSClient({ region, endpoint })
  const sqs = new SQSClient({ region, endpoint, useQueueUrlAsEndpoint: false })

  async function forgetEverything(prefix: string): Promise<void> {
    const { Topics = [] } = await sns.send(new ListTopicsCommand())
    for (const { TopicArn = '' } of Topics) if (TopicArn.includes(prefix)) await sns.send(new DeleteTopicCommand({ TopicArn }))
    const { QueueUrls = [] } = await sqs.send(new ListQueuesCommand({ QueueNamePrefix: prefix }))
    for (const QueueUrl of QueueUrls) await sqs.send(new DeleteQueueCommand({ QueueUrl }))
  }

  afterAll(() => forgetEverything(PREFIX))
  busConformance('SNS and SQS', async () => createSnsSqsBus(newAddress()))
  outsideBusConformance('SNS and SQS', async (onError) => createSnsSqsBus(newAddress(), onError))

  outsideBusCarriesSales('SNS and SQS', newUrl)
  const { hostname, port } = new URL(endpoint)
  outsideBusWaitsForItsServer('SNS and SQS', { host: hostname, port: Number(port || 80) }, (door) =>
    createSnsSqsBus({ ...newAddress(), endpoint: `http://127.0.0.1:${door}` }),
  )

  test('when topic and queues are gone they are made again, and what the relay publishes again arrives', async () => {
    const address = { ...newAddress(), waitS: 1 }
    const bus = createSnsSqsBus(address)
    const inbox = createInbox()
    await bus.subscribe('sql', inbox.deliver)
    await bus.publish(many(10))
    await inbox.holds(many(10))
    await forgetEverything(address.topic)
    // Until the queue is subscribed again SNS has nobody to give to: the relay publishes what is not stored.
    await until('it arrives again', async () => {
      await bus.publish(many(30)).catch(() => undefined)
      return inbox.bodies.size === 30
    })
    expect(inbox.bodies.size).toBe(30)
    await bus.close()
  })
}
