/** What is asked of a queue by the thousand, with a server of the test in the place of SQS; on the emulator: `sns-sqs.test.ts`. */
import { SQSClient } from '@aws-sdk/client-sqs'
import { afterEach, describe, expect, test } from 'vitest'
import { type Answer, type Asked, startAws, who } from '../../test/aws.ts'
import { createQueue } from './sns-sqs.queue.ts'
import { createRequests } from './sns-sqs.request.ts'

const RECEIPTS = ['one+/=', 'two']
const json = (status: number, body: object): Answer => ({ status, body: JSON.stringify(body) })
const MESSAGES = [
  {
    MessageId: '1',
    ReceiptHandle: 'one+/=',
    Body: '{"text":"é 🎟"}',
    MessageAttributes: { shard: { StringValue: '7', DataType: 'String' } },
    Attributes: { ApproximateReceiveCount: '1' },
  },
]
const removed = (ids: string[], failed: object[] = []): Answer => json(200, { Successful: ids.map((Id) => ({ Id })), Failed: failed })
const BROKEN = json(500, { __type: 'com.amazonaws.sqs#InternalFailure', message: 'no' })

const open: (() => unknown)[] = []
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close()
})

async function startQueue(answer: (asked: Asked, n: number) => Answer) {
  const { asked, endpoint, close } = await startAws(answer)
  const region = 'eu-west-1'
  const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'very/secret+key' }
  const sqs = new SQSClient({ region, endpoint, credentials, useQueueUrlAsEndpoint: false, md5: false })
  const told: string[] = []
  const onError = (error: unknown): unknown => told.push(String(error))
  const requests = createRequests(sqs, { service: 'sqs', region, parallel: 4, onError }, { timeoutMs: 10_000, officialForMs: 60_000 })
  open.push(close, requests.close, () => sqs.destroy())
  const url = `${endpoint}/123456789012/onsale-sql`
  return { asked, told, queue: createQueue({ sqs, requests }, async () => url, { parallel: 4, visibilityS: 30 }) }
}

const wishOf = ({ headers, body }: Asked): unknown[] => [headers['x-amz-target'], headers['content-type'], JSON.parse(body)]

describe('a queue that is asked by requests of ours', () => {
  test('is asked the same as by the official client, and what it answers is read the same', async () => {
    const { asked, told, queue } = await startQueue(({ headers }) =>
      /Receive/.test(String(headers['x-amz-target'])) ? json(200, { Messages: MESSAGES }) : removed(['0', '1']),
    )
    const [official, ours] = [await queue.receive(0, new AbortController().signal), await queue.receive(0)]
    expect(who(asked)).toBe('official ours')
    expect(wishOf(asked[1] as Asked)).toEqual(wishOf(asked[0] as Asked))
    expect(ours).toEqual(MESSAGES)
    expect(official).toEqual(MESSAGES)
    await queue.remove(RECEIPTS)
    expect(asked[2]?.isOfficial).toBe(false)
    expect(wishOf(asked[2] as Asked)).toEqual([
      'AmazonSQS.DeleteMessageBatch',
      'application/x-amz-json-1.0',
      {
        QueueUrl: expect.stringContaining('/onsale-sql'),
        Entries: [
          { Id: '0', ReceiptHandle: 'one+/=' },
          { Id: '1', ReceiptHandle: 'two' },
        ],
      },
    ])
    expect(told).toEqual([])
  })

  test('an empty queue gives nothing', async () => {
    const { asked, queue } = await startQueue(() => json(200, {}))
    expect(await queue.receive(0)).toEqual([])
    expect(await queue.receive(0)).toEqual([])
    expect(who(asked)).toBe('official ours')
  })

  test.each<[string, Answer]>([
    ['500', BROKEN],
    ['a cut connection', 'cut'],
    ['a text that is no JSON', { status: 200, body: '<html>' }],
  ])('is asked by the official client after %s', async (_, answer) => {
    const { asked, told, queue } = await startQueue((one) => (one.isOfficial ? json(200, { Messages: MESSAGES }) : answer))
    await queue.receive(0)
    expect(await queue.receive(0)).toEqual(MESSAGES)
    expect(await queue.receive(0)).toEqual(MESSAGES)
    expect(who(asked)).toBe('official ours official official')
    expect(told).toHaveLength(1)
  })

  test('what was not removed is removed by the official client', async () => {
    const failed = [{ Id: '1', Code: 'InternalError', SenderFault: false }]
    const { asked, told, queue } = await startQueue((one) => (one.isOfficial ? removed(['0', '1']) : removed(['0'], failed)))
    await queue.remove(RECEIPTS)
    await queue.remove(RECEIPTS)
    expect(who(asked)).toBe('official ours official')
    expect(told).toEqual([expect.stringContaining('1 of 2 messages were removed')])
  })

  test('that is gone is missing', async () => {
    const gone = json(400, { __type: 'com.amazonaws.sqs#QueueDoesNotExist', message: 'no' })
    const { told, queue } = await startQueue((_, n) => (n === 0 ? json(200, {}) : gone))
    await queue.receive(0)
    await expect(queue.receive(0)).rejects.toMatchObject({ name: expect.stringMatching(/QueueDoesNotExist/) })
    expect(told).toEqual([])
  })
})
