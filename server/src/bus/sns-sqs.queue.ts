/** One queue, in requests of ten; what comes by the thousand by requests of ours. */
import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  GetQueueAttributesCommand,
  type Message,
  PurgeQueueCommand,
  type QueueAttributeName,
  ReceiveMessageCommand,
  type ReceiveMessageCommandInput,
  SendMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs'
import type { Emptied } from './bus.ts'
import { attributesOf, MOST_MESSAGES } from './sns-sqs.parts.ts'
import type { Requests } from './sns-sqs.request.ts'

/** The official client, and what costs less. */
export type Sqs = { sqs: SQSClient; requests: Requests }
export type Queue = ReturnType<typeof createQueue>

type Received = { Messages?: Message[] | undefined }
type Removed = { Successful?: unknown[] }

export function createQueue(
  { sqs, requests }: Sqs,
  url: () => Promise<string>,
  { parallel, visibilityS }: { parallel: number; visibilityS: number },
) {
  async function ask<T>(action: string, input: object): Promise<T> {
    const answer = await requests.post(JSON.stringify(input), {
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': `AmazonSQS.${action}`,
    })
    return JSON.parse(answer)
  }

  /** Tens of them, some at once. */
  async function inTens<T>(items: readonly T[], work: (ten: T[]) => Promise<unknown>): Promise<void> {
    const tens: T[][] = []
    for (let i = 0; i < items.length; i += MOST_MESSAGES) tens.push(items.slice(i, i + MOST_MESSAGES))
    const workers = Array.from({ length: Math.min(parallel, tens.length) }, async () => {
      for (let ten = tens.shift(); ten; ten = tens.shift()) await work(ten)
    })
    await Promise.all(workers)
  }

  return {
    /** With a signal it may take long. */
    async receive(waitS: number, signal?: AbortSignal, hiddenS = visibilityS): Promise<Message[]> {
      const input: ReceiveMessageCommandInput = {
        QueueUrl: await url(),
        MaxNumberOfMessages: MOST_MESSAGES,
        WaitTimeSeconds: waitS,
        VisibilityTimeout: hiddenS,
        MessageAttributeNames: ['All'],
        MessageSystemAttributeNames: ['ApproximateReceiveCount'],
      }
      const official = () => sqs.send(new ReceiveMessageCommand(input), signal ? { abortSignal: signal } : {})
      const { Messages = [] } = signal ? await official() : await requests.first(() => ask<Received>('ReceiveMessage', input), official)
      return Messages
    },
    remove: (receipts: readonly string[]) =>
      inTens(receipts, async (ten) => {
        const input = { QueueUrl: await url(), Entries: ten.map((ReceiptHandle, i) => ({ Id: String(i), ReceiptHandle })) }
        await requests.first(
          async () => {
            const { Successful = [] } = await ask<Removed>('DeleteMessageBatch', input)
            if (Successful.length !== ten.length) throw new Error(`${Successful.length} of ${ten.length} messages were removed`)
          },
          async () => void (await sqs.send(new DeleteMessageBatchCommand(input))),
        )
      }),
    /** For so long nobody else receives them. */
    hide: (receipts: readonly string[], VisibilityTimeout: number) =>
      inTens(receipts, async (ten) =>
        sqs.send(
          new ChangeMessageVisibilityBatchCommand({
            QueueUrl: await url(),
            Entries: ten.map((ReceiptHandle, i) => ({ Id: String(i), ReceiptHandle, VisibilityTimeout })),
          }),
        ),
      ),
    /** About so many, also those that somebody looks at now. */
    count: async (): Promise<number> => countOf(sqs, await url()),
    async send(messages: readonly { body: string; attributes: Record<string, string> }[]): Promise<void> {
      for (const { body, attributes } of messages)
        await sqs.send(new SendMessageCommand({ QueueUrl: await url(), MessageBody: body, MessageAttributes: attributesOf(attributes) }))
    },
  }
}

const COUNTED: QueueAttributeName[] = ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible']

async function countOf(sqs: SQSClient, QueueUrl: string): Promise<number> {
  const { Attributes = {} } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: COUNTED }))
  return COUNTED.reduce((sum, name) => sum + Number(Attributes[name] ?? 0), 0)
}

/** Also what somebody has received and not settled. SQS does so once a minute. */
export async function emptyQueue(sqs: SQSClient, QueueUrl: string): Promise<Emptied> {
  const messages = await countOf(sqs, QueueUrl)
  await sqs.send(new PurgeQueueCommand({ QueueUrl }))
  return { place: QueueUrl.slice(QueueUrl.lastIndexOf('/') + 1), messages }
}
