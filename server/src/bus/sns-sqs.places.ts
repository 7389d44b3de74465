/** Topic, queues and subscriptions: found, or created where that is allowed. */
import { CreateTopicCommand, type SNSClient, SubscribeCommand } from '@aws-sdk/client-sns'
import { CreateQueueCommand, GetQueueUrlCommand, type SQSClient } from '@aws-sdk/client-sqs'
import type { SnsSqsAddress } from './sns-sqs.ts'

export type Places = ReturnType<typeof createPlaces>
/** URLs. */
type Queues = { queue: string; dead: string }

export function createPlaces(address: SnsSqsAddress, sns: SNSClient, sqs: SQSClient) {
  let topicArn: Promise<string> | undefined
  const queues = new Map<string, Promise<Queues>>()

  async function findTopic(): Promise<string> {
    if (!address.create) return arn('sns', address, address.account, address.topic)
    return (await sns.send(new CreateTopicCommand({ Name: address.topic }))).TopicArn as string
  }

  /** Creating one that exists with other attributes is an error, and somebody may have changed them on purpose. */
  async function findQueue(name: string, attributes: (account: string) => Record<string, string>): Promise<string> {
    try {
      return (await sqs.send(new GetQueueUrlCommand({ QueueName: name }))).QueueUrl as string
    } catch (error) {
      if (!isMissing(error) || !address.create) throw error
    }
    const account = (await places.topic()).split(':')[4] as string
    return (await sqs.send(new CreateQueueCommand({ QueueName: name, Attributes: attributes(account) }))).QueueUrl as string
  }

  async function findQueues(group: string): Promise<Queues> {
    const name = nameOf(address, group)
    const topic = await places.topic()
    const dead = await findQueue(`${name}-dead-letters`, () => ({ MessageRetentionPeriod: seconds(address.deadRetentionDays) }))
    const queue = await findQueue(name, (account) => ({
      MessageRetentionPeriod: seconds(address.retentionDays),
      VisibilityTimeout: String(address.visibilityS),
      ReceiveMessageWaitTimeSeconds: String(address.waitS),
      Policy: mayReceiveFrom(topic, arn('sqs', address, account, name)),
      RedrivePolicy: JSON.stringify({
        deadLetterTargetArn: arn('sqs', address, account, `${name}-dead-letters`),
        maxReceiveCount: String(address.maxReceiveCount),
      }),
    }))
    await places.subscribeAgain(group)
    return { queue, dead }
  }

  const places = {
    topic(): Promise<string> {
      topicArn ??= findTopic().catch((error: unknown) => {
        topicArn = undefined
        throw error
      })
      return topicArn
    },
    queues(group: string): Promise<Queues> {
      const known = queues.get(group)
      if (known) return known
      const found = findQueues(group).catch((error: unknown) => {
        queues.delete(group)
        throw error
      })
      queues.set(group, found)
      return found
    },
    /** Those that are there; creates nothing. */
    async existing(group: string): Promise<Queues> {
      const name = nameOf(address, group)
      const urlOf = async (QueueName: string): Promise<string> => {
        const found = await sqs.send(new GetQueueUrlCommand({ QueueName })).catch((error: unknown) => {
          throw isMissing(error) ? new Error(`There is no queue ${QueueName}. Is BUS_URL right?`) : error
        })
        return found.QueueUrl as string
      }
      return { queue: await urlOf(name), dead: await urlOf(`${name}-dead-letters`) }
    },
    /** Changes nothing when it is subscribed. */
    async subscribeAgain(group: string): Promise<void> {
      if (!address.create) return
      const TopicArn = await findTopic()
      const Endpoint = arn('sqs', address, TopicArn.split(':')[4] as string, nameOf(address, group))
      await sns.send(new SubscribeCommand({ TopicArn, Protocol: 'sqs', Endpoint, Attributes: { RawMessageDelivery: 'true' } }))
    },
    /** Something is not there any more: all are looked for again. */
    forget(): void {
      topicArn = undefined
      queues.clear()
    },
  }
  return places
}

const nameOf = ({ group, topic }: SnsSqsAddress, name: string): string => `${group || topic}-${name}`

const seconds = (days: number): string => String(days * 86_400)

function arn(service: 'sns' | 'sqs', { region }: SnsSqsAddress, account: string, name: string): string {
  const partition = region.startsWith('cn-') ? 'aws-cn' : region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws'
  return `arn:${partition}:${service}:${region}:${account}:${name}`
}

function mayReceiveFrom(topicArn: string, queueArn: string): string {
  const Statement = {
    Effect: 'Allow',
    Principal: { Service: 'sns.amazonaws.com' },
    Action: 'sqs:SendMessage',
    Resource: queueArn,
    Condition: { ArnEquals: { 'aws:SourceArn': topicArn } },
  }
  return JSON.stringify({ Version: '2012-10-17', Statement: [Statement] })
}

/** That the topic or the queue does not exist. */
export function isMissing(error: unknown): boolean {
  return error instanceof Error && /NotFound|NonExistentQueue|QueueDoesNotExist/.test(error.name)
}
