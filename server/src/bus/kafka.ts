/**
 * The bus on Kafka: one topic keyed by shard, a consumer group for each group of subscribers. What a member has not committed when it
 * goes comes to another: repeats, which change nothing. Offsets are committed when `deliver` has resolved.
 */
import { type EventEmitter, once } from 'node:events'
import { setTimeout as wait } from 'node:timers/promises'
import { Consumer, compatibilityPartitioner, ProduceAcks, Producer, stringDeserializers, stringSerializers } from '@platformatic/kafka'
import type { BusAddress } from './address.ts'
import type { Bus } from './bus.ts'
import { type Carried, createIntake } from './intake.ts'
import { createKafkaDeadLetters, deadLettersOf } from './kafka.dead-letters.ts'
import { explain } from './kafka.errors.ts'
import { createOffsets } from './kafka.offsets.ts'
import { createTopic, emptyTopic } from './kafka.topics.ts'
import { labelsOf } from './labels.ts'
import { portionsOf } from './portions.ts'
import { type Attempt, createSubscriptions } from './subscriptions.ts'
import { deathOf } from './suspects.ts'

export type KafkaAddress = Extract<BusAddress, { bus: 'kafka' }>
export type KafkaSend = (messages: { topic: string; key: string; value: string; headers: Record<string, string> }[]) => Promise<void>
type Deliver = (bodies: string[]) => Promise<void>
type Taken = Carried & { partition: number; offset: bigint; leaderEpoch: number; shard: string }

/** A broker takes a batch of 1 MB (`message.max.bytes`). */
export const ONE_SEND = { bytes: 500_000 }
/** A broker that is away does not answer a goodbye. */
const LEAVING_MS = 3000
/** The group that a replayed message is for; the others have it already. */
export const ONLY_GROUP = 'onlyGroup'

export function createKafkaBus(address: KafkaAddress, onError: (error: unknown) => void = () => {}): Bus {
  const client = clientOptions(address)
  const closing = new AbortController()
  const subscriptions = createSubscriptions(onError)
  const isThere = new Set<string>()
  let producer: ReturnType<typeof openProducer> | undefined

  /** A failed producer may have lost count of its own sequence: the next send takes a new one. */
  const send: KafkaSend = async (messages) => {
    producer ??= openProducer(client)
    const used = producer
    try {
      await used.send({ messages })
    } catch (error) {
      if (producer === used) producer = undefined
      isThere.clear()
      void used.close().catch(() => undefined)
      throw error
    }
  }

  async function provide(topic: string, partitions: number, retentionDays: number): Promise<void> {
    if (isThere.has(topic)) return
    if (address.create) await createTopic(client, { topic, partitions, replicas: address.replicas, retentionDays })
    isThere.add(topic)
  }
  const provideTopic = () => provide(address.topic, address.partitions, address.retentionDays)

  /** One membership of the group; ends when told to, or throws when the connection breaks. */
  async function follow(group: string, deliver: Deliver, { leaving, works }: Attempt): Promise<void> {
    await provideTopic()
    await provide(deadLettersOf(address, group), 1, address.deadRetentionDays)
    const consumer = openConsumer(address, client, groupOf(address, group))
    const offsets = createOffsets(consumer, address.topic)
    const intake = createIntake<Taken>({
      deliver,
      settle: (items) => offsets.settle(items),
      bury: ({ shard, body }, error) =>
        send([{ topic: deadLettersOf(address, group), key: shard, value: body, headers: deathOf(error, address.tries) }]),
      onError,
      tries: address.tries,
      retryMs: { first: address.retryMs, most: address.mostRetryMs },
    })
    try {
      const stream = await consumer.consume({ topics: [address.topic], mode: 'committed', fallbackMode: 'earliest' })
      works()
      stream.on('data', ({ key, value, headers, partition, offset, leaderEpoch }) => {
        const only = headers.get(ONLY_GROUP)
        const item = { body: value, isReplay: only === group, partition, offset, leaderEpoch, shard: key }
        offsets.began(item)
        if (only !== undefined && only !== group) return void offsets.settle([item]).catch(onError)
        if (intake.put([item])) return
        stream.pause()
        void intake.room().then(() => stream.resume())
      })
      await untilGone(consumer, stream, leaving)
    } finally {
      await intake.stop()
      await Promise.race([consumer.close(true), wait(LEAVING_MS)]).catch(() => undefined)
    }
  }

  return {
    async publish(messages) {
      if (closing.signal.aborted) throw new Error('The bus is closed.')
      await provideTopic().catch(explain)
      for (const part of portionsOf(messages, ONE_SEND))
        await send(
          part.map((message) => ({ topic: address.topic, key: message.shard, value: message.body, headers: labelsOf(message) })),
        ).catch(explain)
    },
    subscribe: (group, deliver) => subscriptions.open((attempt) => follow(group, deliver, attempt).catch(explain)),
    deadLetters: createKafkaDeadLetters(address, client, send),
    async empty(group) {
      const topics = [address.topic, deadLettersOf(address, group)]
      return Promise.all(topics.map(async (place) => ({ place, messages: await emptyTopic(client, place) })))
    },
    async close() {
      closing.abort()
      await subscriptions.close()
      await producer?.close().catch(() => undefined)
    },
  }
}

/** Throws when the stream ends by itself, or the group does not take the member back: then it would be silent, and never told so. */
async function untilGone(consumer: EventEmitter, stream: EventEmitter, leaving: AbortSignal): Promise<void> {
  const ended = new AbortController()
  const signal = AbortSignal.any([leaving, ended.signal])
  const gone = once(stream, 'close', { signal }).then(() => {
    throw new Error('The stream of messages ended.')
  })
  const expelled = once(consumer, 'error', { signal }).then(([error]) => {
    throw error
  })
  await Promise.race([gone, expelled])
    .catch((error: unknown) => {
      if (!leaving.aborted) throw error
    })
    .finally(() => ended.abort())
}

export const groupOf = ({ group, topic }: KafkaAddress, name: string): string => `${group || topic}.${name}`

export type ClientOptions = ReturnType<typeof clientOptions>

export function clientOptions({ brokers, tls, sasl, username, password }: KafkaAddress) {
  return {
    clientId: 'onsale',
    bootstrapBrokers: brokers,
    ...(tls ? { tls: {} } : {}),
    ...(sasl ? { sasl: { mechanism: sasl as 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512', username, password } } : {}),
  }
}

function openProducer(client: ClientOptions) {
  return new Producer({
    ...client,
    serializers: stringSerializers,
    idempotent: true,
    acks: ProduceAcks.ALL,
    // The default one puts half of the keys elsewhere than every other client does.
    partitioner: compatibilityPartitioner,
  })
}

/** It fetches ahead: 50 MB by default, which made 640 MB of memory. */
export function openConsumer({ sessionS }: Pick<KafkaAddress, 'sessionS'>, client: ClientOptions, groupId: string) {
  return new Consumer({
    ...client,
    groupId,
    deserializers: stringDeserializers,
    autocommit: false,
    sessionTimeout: sessionS * 1000,
    heartbeatInterval: Math.max(Math.floor((sessionS * 1000) / 4), 500),
    rebalanceTimeout: Math.max(sessionS * 1000, 15_000),
    maxBytes: 4 * 1024 * 1024,
    maxWaitTime: 1000,
  })
}
