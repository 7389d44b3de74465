/** Topics of Kafka: made where they are missing, measured, and emptied from the beginning. */
import { Admin, ListOffsetTimestamps } from '@platformatic/kafka'
import type { ClientOptions } from './kafka.ts'

export async function withAdmin<T>(client: ClientOptions, work: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = new Admin(client)
  try {
    return await work(admin)
  } finally {
    await admin.close()
  }
}

type NewTopic = { topic: string; partitions: number; replicas: number; retentionDays: number }

/** Leaves one that is there as it is. */
export function createTopic(client: ClientOptions, { topic, partitions, replicas, retentionDays }: NewTopic): Promise<void> {
  return withAdmin(client, async (admin) => {
    if ((await admin.listTopics()).includes(topic)) return
    const configs = [{ name: 'retention.ms', value: String(retentionDays * 86_400_000) }]
    await admin.createTopics({ topics: [topic], partitions, replicas, configs }).catch(async (error: unknown) => {
      // Another process was faster.
      if (!(await admin.listTopics()).includes(topic)) throw error
    })
  })
}

/** The first offset and the end of each partition, in their order. */
export function endsOf(client: ClientOptions, topic: string): Promise<{ first: bigint; end: bigint }[]> {
  return withAdmin(client, async (admin) => {
    // Asking for a topic that is not there may create it.
    if (!(await admin.listTopics()).includes(topic)) throw new Error(`There is no topic ${topic}. Is BUS_URL right?`)
    const count = (await admin.metadata({ topics: [topic] })).topics.get(topic)?.partitionsCount ?? 0
    const at = async (timestamp: bigint): Promise<bigint[]> => {
      const partitions = Array.from({ length: count }, (_, partitionIndex) => ({ partitionIndex, timestamp }))
      const [listed] = await admin.listOffsets({ topics: [{ name: topic, partitions }] })
      const offsets = new Map(listed?.partitions.map(({ partitionIndex, offset }) => [partitionIndex, offset]))
      return partitions.map(({ partitionIndex }) => offsets.get(partitionIndex) ?? 0n)
    }
    const [firsts, ends] = [await at(ListOffsetTimestamps.EARLIEST), await at(ListOffsetTimestamps.LATEST)]
    return ends.map((end, partition) => ({ first: firsts[partition] ?? 0n, end }))
  })
}

/** Everything before these offsets, one for each partition. */
export async function forget(client: ClientOptions, topic: string, offsets: readonly bigint[]): Promise<void> {
  const partitions = offsets.map((offset, partition) => ({ partition, offset }))
  await withAdmin(client, (admin) => admin.deleteRecords({ topics: [{ name: topic, partitions }] }))
}

/** How many messages were there. */
export async function emptyTopic(client: ClientOptions, topic: string): Promise<number> {
  const ends = await endsOf(client, topic)
  const messages = ends.reduce((sum, { first, end }) => sum + Number(end - first), 0)
  if (messages > 0)
    await forget(
      client,
      topic,
      ends.map(({ end }) => end),
    )
  return messages
}
