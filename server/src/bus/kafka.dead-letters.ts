/** Dead letters on Kafka: a topic of one partition for each group. What was replayed or purged is deleted from its beginning. */
import { randomUUID } from 'node:crypto'
import { Admin, ListOffsetTimestamps } from '@platformatic/kafka'
import type { DeadLetter, DeadLetters } from './bus.ts'
import { type ClientOptions, groupOf, type KafkaAddress, type KafkaSend, ONLY_GROUP, openConsumer } from './kafka.ts'
import { labelsOf } from './labels.ts'

const MOST_LISTED = 1000

export const deadLettersOf = (address: KafkaAddress, group: string): string => `${groupOf(address, group)}.dead-letters`

export function createKafkaDeadLetters(address: KafkaAddress, client: ClientOptions, send: KafkaSend): DeadLetters {
  async function withAdmin<T>(work: (admin: Admin) => Promise<T>): Promise<T> {
    const admin = new Admin(client)
    try {
      return await work(admin)
    } finally {
      await admin.close()
    }
  }

  async function ends(topic: string): Promise<{ first: bigint; end: bigint }> {
    return withAdmin(async (admin) => {
      const at = async (timestamp: bigint): Promise<bigint> => {
        const [listed] = await admin.listOffsets({ topics: [{ name: topic, partitions: [{ partitionIndex: 0, timestamp }] }] })
        return listed?.partitions[0]?.offset ?? 0n
      }
      return { first: await at(ListOffsetTimestamps.EARLIEST), end: await at(ListOffsetTimestamps.LATEST) }
    })
  }

  /** At most the first thousand, and the offset after them. */
  async function read(topic: string): Promise<{ letters: DeadLetter[]; after: bigint }> {
    const { first, end } = await ends(topic)
    const after = end - first > MOST_LISTED ? first + BigInt(MOST_LISTED) : end
    const letters: DeadLetter[] = []
    if (after === first) return { letters, after }
    const consumer = openConsumer(address, client, `${topic}.${randomUUID()}`)
    try {
      const stream = await consumer.consume({ topics: [topic], mode: 'manual', offsets: [{ topic, partition: 0, offset: first }] })
      for await (const { key, value, headers, offset } of stream) {
        if (offset < after) letters.push({ shard: key, body: value, error: headers.get('error') ?? '' })
        if (offset >= after - 1n) break
      }
    } finally {
      await consumer.close(true).catch(() => undefined)
    }
    return { letters, after }
  }

  const forget = (topic: string, offset: bigint) =>
    withAdmin((admin) => admin.deleteRecords({ topics: [{ name: topic, partitions: [{ partition: 0, offset }] }] }))

  return {
    list: async (group) => (await read(deadLettersOf(address, group))).letters,
    async count(group) {
      const { first, end } = await ends(deadLettersOf(address, group))
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
      await forget(topic, after)
      return letters.length
    },
    async purge(group) {
      const topic = deadLettersOf(address, group)
      const { first, end } = await ends(topic)
      if (end > first) await forget(topic, end)
      return Number(end - first)
    },
  }
}
