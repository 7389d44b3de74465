/** One queue, in requests of ten. */
import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  GetQueueAttributesCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs'
import { attributesOf } from './sns-sqs.ts'

export type Queue = ReturnType<typeof createQueue>

const MOST_MESSAGES = 10

export function createQueue(
  sqs: SQSClient,
  url: () => Promise<string>,
  { parallel, visibilityS }: { parallel: number; visibilityS: number },
) {
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
    async receive(waitS: number, signal?: AbortSignal, hiddenS = visibilityS): Promise<Message[]> {
      const { Messages = [] } = await sqs.send(
        new ReceiveMessageCommand({
          QueueUrl: await url(),
          MaxNumberOfMessages: MOST_MESSAGES,
          WaitTimeSeconds: waitS,
          VisibilityTimeout: hiddenS,
          MessageAttributeNames: ['All'],
          MessageSystemAttributeNames: ['ApproximateReceiveCount'],
        }),
        signal ? { abortSignal: signal } : {},
      )
      return Messages
    },
    remove: (receipts: readonly string[]) =>
      inTens(receipts, async (ten) =>
        sqs.send(
          new DeleteMessageBatchCommand({
            QueueUrl: await url(),
            Entries: ten.map((ReceiptHandle, i) => ({ Id: String(i), ReceiptHandle })),
          }),
        ),
      ),
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
    async count(): Promise<number> {
      const names = ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'] as const
      const { Attributes = {} } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl: await url(), AttributeNames: [...names] }))
      return names.reduce((sum, name) => sum + Number(Attributes[name] ?? 0), 0)
    },
    async send(messages: readonly { body: string; attributes: Record<string, string> }[]): Promise<void> {
      for (const { body, attributes } of messages)
        await sqs.send(new SendMessageCommand({ QueueUrl: await url(), MessageBody: body, MessageAttributes: attributesOf(attributes) }))
    },
  }
}
