/** Dead letters on Kafka: a topic of one partition for each group. What was replayed or purged is deleted from its beginning. */
import { randomUUID } from 'node:crypto'
import type { DeadLetter, DeadLetters } from './bus.ts'
import { emptyTopic, endsOf, forget } from './kafka.topics.ts'
import { type ClientOptions, groupOf, type KafkaAddress, type KafkaSend, ONLY_GROUP, openConsumer } from './kafka.ts'
import { labelsOf } from './labels.ts'
import { readDeath } from './suspects.ts'

const MOST_LISTED = 1000

export const deadLettersOf = (address: KafkaAddress, group: string): string => `${groupOf(address, group)}.dead-letters`

export function createKafkaDeadLetters(address: KafkaAddress, client: ClientOptions, send: KafkaSend): DeadLetters {
  /** At most the first thousand, and the offset after them. */
  async function read(topic: string): Promise<{ letters: DeadLetter[]; after: bigint }> {
    const [{ first, end } = { first: 0n, end: 0n }] = await endsOf(client, topic)
    const after = end - first > MOST_LISTED ? first + BigInt(MOST_LISTED) : end
    const letters: DeadLetter[] = []
    if (after === first) return { letters, after }
    const consumer = openConsumer(address, client, `${topic}.${randomUUID()}`)
    try {
      const stream = await consumer.consume({ topics: [topic], mode: 'manual', offsets: [{ topic, partition: 0, offset: first }] })
      for await (const { key, value, headers, offset } of stream) {
        if (offset < after) letters.push({ shard: key, body: value, ...readDeath((name) => headers.get(name)) })
        if (offset >= after - 1n) break
      }
    } finally {
      await consumer.close(true).catch(() => undefined)
    }
    return { letters, after }
  }

  return {
    list: async (group) => (await read(deadLettersOf(address, group))).letters,
    async count(group) {
      const [{ first, end } = { first: 0n, end: 0n }] = await endsOf(client, deadLettersOf(address, group))
      return Number(end - first)
    },
    async replay(group) {
      const topic = deadLettersOf(address, group)
      const { letters, after } = await read(topic)
      if (letters.length === 0) return 0
      await send(
        letters.map(({ shard, body }) => ({
          topic: address.topic,
          key: shard,
          value: body,
          headers: { ...labelsOf({ body }), [ONLY_GROUP]: group },
        })),
      )
      await forget(client, topic, [after])
      return letters.length
    },
    purge: (group) => emptyTopic(client, deadLettersOf(address, group)),
  }
}
