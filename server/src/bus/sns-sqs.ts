/**
 * The bus on SNS and SQS: one topic, and for each group a standard queue that is subscribed to it (raw delivery), shared by all members of
 * the group. What is missing is created again at the first sign of it: an emulator forgets everything when it restarts.
 */
import { setTimeout as wait } from 'node:timers/promises'
import { SNSClient } from '@aws-sdk/client-sns'
import { type Message as Received, SQSClient } from '@aws-sdk/client-sqs'
import type { BusAddress } from './address.ts'
import type { Bus, Message } from './bus.ts'
import { type Carried, createIntake } from './intake.ts'
import { portionsOf } from './portions.ts'
import { createSqsDeadLetters } from './sns-sqs.dead-letters.ts'
import { MOST_MESSAGES } from './sns-sqs.parts.ts'
import { createPlaces, isMissing } from './sns-sqs.places.ts'
import { createPublisher } from './sns-sqs.publish.ts'
import { createQueue, emptyQueue, type Queue } from './sns-sqs.queue.ts'
import { createRequests } from './sns-sqs.request.ts'
import { type Attempt, createSubscriptions } from './subscriptions.ts'
import { deathOf } from './suspects.ts'

export type SnsSqsAddress = Extract<BusAddress, { bus: 'sns+sqs' }>
type Deliver = (bodies: string[]) => Promise<void>
type Taken = Carried & { receipt: string; shard: string }

/** Besides: the names and values of a message's attributes. */
export const ONE_REQUEST = { messages: MOST_MESSAGES, bytes: 256 * 1024, besides: 512 }
/** A queue that is quiet for so long may have lost its subscription. */
const LOOK_AFTER_MS = 60_000
const RETRY_MS = { first: 200, most: 5000 }
/** The attribute of a message that comes from the dead letters. */
export const REPLAYED = 'replayed'

export function createSnsSqsBus(address: SnsSqsAddress, onError: (error: unknown) => void = () => {}): Bus {
  const client = { region: address.region, ...(address.endpoint ? { endpoint: address.endpoint } : {}) }
  const sns = new SNSClient(client)
  // The name in a queue's URL is the emulator's guess; the endpoint is what we were told.
  const sqs = new SQSClient({ ...client, useQueueUrlAsEndpoint: false })
  const places = createPlaces(address, sns, sqs)
  const asking = { region: address.region, parallel: address.parallel, onError }
  const publisher = createPublisher(sns, createRequests(sns, { service: 'sns', ...asking }))
  const queues = { sqs, requests: createRequests(sqs, { service: 'sqs', ...asking }) }
  const subscriptions = createSubscriptions(onError)

  async function publishBatch(batch: readonly Message[]): Promise<void> {
    const send = async () => publisher.publish(await places.topic(), batch)
    await send().catch((error: unknown) => {
      if (!isMissing(error)) throw error
      places.forget()
      return send()
    })
  }

  async function follow(group: string, deliver: Deliver, attempt: Attempt): Promise<void> {
    await places.queues(group)
    attempt.works()
    const { leaving } = attempt
    const queue = createQueue(queues, async () => (await places.queues(group)).queue, address)
    const dead = createQueue(queues, async () => (await places.queues(group)).dead, address)
    const intake = createIntake<Taken>({
      deliver,
      settle: (items) => queue.remove(items.map(({ receipt }) => receipt)),
      bury: ({ shard, body }, error) => dead.send([{ body, attributes: { shard: shard || '-', ...deathOf(error, address.tries) } }]),
      onError,
      tries: address.tries,
      retryMs: { first: address.retryMs, most: address.mostRetryMs },
    })
    const prolonging = setInterval(
      () =>
        void queue
          .hide(
            [...intake.open].map(({ receipt }) => receipt),
            address.visibilityS,
          )
          .catch(onError),
      (address.visibilityS * 1000) / 3,
    )
    await receiveAll(group, queue, attempt, async (messages) => {
      if (!intake.put(messages.map(takenFrom))) await Promise.race([intake.room(), aborted(leaving)])
    })
    await intake.stop()
    clearInterval(prolonging)
    // So that another member need not wait for them.
    await queue
      .hide(
        [...intake.open].map(({ receipt }) => receipt),
        0,
      )
      .catch(onError)
  }

  /** One long request while little comes; when it comes back full, many short ones at once until they find little. */
  async function receiveAll(
    group: string,
    queue: Queue,
    { leaving, works, fails }: Attempt,
    put: (messages: Received[]) => Promise<void>,
  ): Promise<void> {
    let lookedAt = Date.now()
    for (let restMs = RETRY_MS.first; !leaving.aborted; ) {
      try {
        // After a failure a short request, which tells at once that it works again.
        let found = await queue.receive(restMs === RETRY_MS.first ? address.waitS : 0, leaving)
        works()
        if (found.length === 0 && Date.now() - lookedAt > LOOK_AFTER_MS) {
          lookedAt = Date.now()
          await places.subscribeAgain(group)
        }
        await put(found)
        for (let most = MOST_MESSAGES; found.length > most / 2 && !leaving.aborted; most = MOST_MESSAGES * address.parallel) {
          // Each hands over what it found at once: one that waits for the others makes the whole as slow as the slowest.
          const each = Array.from({ length: address.parallel }, async () => {
            // Not let go when leaving: what an abandoned answer held would be hidden from all until its time is over.
            const messages = await queue.receive(0)
            await put(messages)
            return messages
          })
          await Promise.allSettled(each)
          found = (await Promise.all(each)).flat()
        }
        restMs = RETRY_MS.first
      } catch (error) {
        if (leaving.aborted) return
        if (isMissing(error)) places.forget()
        fails(error)
        await wait(restMs, undefined, { signal: leaving }).catch(() => undefined)
        restMs = Math.min(restMs * 2, RETRY_MS.most)
      }
    }
  }

  return {
    async publish(messages) {
      const batches = [...portionsOf(messages, ONE_REQUEST)]
      const publishers = Array.from({ length: Math.min(address.parallel, batches.length) }, async () => {
        for (let batch = batches.shift(); batch; batch = batches.shift()) await publishBatch(batch)
      })
      await Promise.all(publishers)
    },
    subscribe: (group, deliver) => subscriptions.open((attempt) => follow(group, deliver, attempt)),
    deadLetters: createSqsDeadLetters(places, queues, address),
    async empty(group) {
      const { queue, dead } = await places.existing(group)
      return Promise.all([queue, dead].map((url) => emptyQueue(sqs, url)))
    },
    async close() {
      await publisher.close()
      await subscriptions.close()
      await queues.requests.close()
      sns.destroy()
      sqs.destroy()
    },
  }
}

function takenFrom({ Body = '', ReceiptHandle = '', MessageAttributes = {} }: Received): Taken {
  return {
    body: Body,
    receipt: ReceiptHandle,
    isReplay: REPLAYED in MessageAttributes,
    shard: MessageAttributes.shard?.StringValue ?? '',
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
}
