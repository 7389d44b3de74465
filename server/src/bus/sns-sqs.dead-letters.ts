/** Dead letters on SQS: a queue for each group. SQS moves there by itself what was received too often and never settled. */
import type { Message } from '@aws-sdk/client-sqs'
import type { DeadLetters } from './bus.ts'
import type { Places } from './sns-sqs.places.ts'
import { createQueue, type Queue, type Sqs } from './sns-sqs.queue.ts'
import { REPLAYED, type SnsSqsAddress } from './sns-sqs.ts'
import { readDeath } from './suspects.ts'

const MOST_LISTED = 1000
/** While they are being looked through they are hidden, also from whoever looks at the same time. */
const LOOKING_S = 20
/** A short request asks only some of the servers that hold a queue: so many in a row that find nothing mean that it is empty. */
const EMPTY_AFTER = 2

export function createSqsDeadLetters(places: Places, sqs: Sqs, address: SnsSqsAddress): DeadLetters {
  const deadOf = (group: string): Queue => createQueue(sqs, async () => (await places.existing(group)).dead, address)

  async function* received(dead: Queue): AsyncGenerator<Message[]> {
    for (let found = 0, empty = 0; found < MOST_LISTED && empty < EMPTY_AFTER; ) {
      const messages = await dead.receive(0, undefined, LOOKING_S)
      empty = messages.length === 0 ? empty + 1 : 0
      found += messages.length
      if (messages.length > 0) yield messages
    }
  }

  const receiptsOf = (messages: readonly Message[]): string[] => messages.map(({ ReceiptHandle = '' }) => ReceiptHandle)

  async function removeAll(group: string, before: (messages: Message[]) => Promise<void>): Promise<number> {
    const dead = deadOf(group)
    let count = 0
    for await (const messages of received(dead)) {
      await before(messages)
      await dead.remove(receiptsOf(messages))
      count += messages.length
    }
    return count
  }

  return {
    async list(group) {
      const dead = deadOf(group)
      const all: Message[] = []
      for await (const messages of received(dead)) all.push(...messages)
      await dead.hide(receiptsOf(all), 0)
      return all.map(({ Body = '', MessageAttributes = {} }) => {
        const label = (name: string): string | undefined => MessageAttributes[name]?.StringValue
        const letter = { shard: label('shard') ?? '', body: Body }
        if (label('error') !== undefined) return { ...letter, ...readDeath(label) }
        const error = `Received ${address.maxReceiveCount} times, and whoever did so died or never answered.`
        return { ...letter, error, tries: address.maxReceiveCount, setAsideOn: '', by: 'SQS' }
      })
    },
    count: (group) => deadOf(group).count(),
    async replay(group) {
      const queue = createQueue(sqs, async () => (await places.existing(group)).queue, address)
      return removeAll(group, (messages) =>
        queue.send(
          messages.map(({ Body = '', MessageAttributes = {} }) => ({
            body: Body,
            attributes: { [REPLAYED]: 'true', shard: MessageAttributes.shard?.StringValue || '-' },
          })),
        ),
      )
    },
    purge: (group) => removeAll(group, async () => undefined),
  }
}
