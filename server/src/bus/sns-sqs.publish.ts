/**
 * PublishBatch, the one request that every sale pays for. Ours costs 30 us of CPU a message, through the official client it is 140. It
 * knows one good ending, that all messages were taken; after any other the batch goes through the official client, which tries again, rests
 * when it is throttled, corrects the clock and names the error. So SNS may take a message twice, which changes nothing.
 */
import { PublishBatchCommand, type SNSClient } from '@aws-sdk/client-sns'
import type { Message } from './bus.ts'
import { labelsOf } from './labels.ts'
import { createRequests } from './sns-sqs.request.ts'
import { attributesOf } from './sns-sqs.ts'

const TIMES = {
  timeoutMs: 10_000,
  /** After any other ending the official client publishes alone for so long: SNS gets its rest, and where ours never works that costs little. */
  officialForMs: 1000,
}

export function createPublisher(
  sns: SNSClient,
  { region, parallel }: { region: string; parallel: number },
  onError: (error: unknown) => void,
  { timeoutMs, officialForMs } = TIMES,
) {
  const requests = createRequests(sns, { service: 'sns', region, parallel, timeoutMs })
  const closing = new AbortController()
  let officialUntil = 0

  /** What is wrong, undefined when all were taken. */
  async function ours(topicArn: string, batch: readonly Message[]): Promise<string | undefined> {
    const { status, text } = await requests.post('application/x-www-form-urlencoded', formOf(topicArn, batch))
    const taken = text.split('<MessageId>').length - 1
    if (status === 200 && taken === batch.length) return undefined
    const code = /<Code>([\w.]+)/.exec(text)?.[1] ?? 'no code'
    return `${taken} of ${batch.length} messages were taken, status ${status}, ${code}`
  }

  async function official(topicArn: string, batch: readonly Message[]): Promise<void> {
    const PublishBatchRequestEntries = batch.map((message, i) => ({
      Id: String(i),
      Message: message.body,
      MessageAttributes: attributesOf(openlyOf(message)),
    }))
    const command = new PublishBatchCommand({ TopicArn: topicArn, PublishBatchRequestEntries })
    const { Failed = [] } = await sns.send(command, { abortSignal: closing.signal })
    const [first] = Failed
    if (first) throw new Error(`SNS refused ${Failed.length} of ${batch.length} messages: ${first.Code} ${first.Message ?? ''}`)
  }

  return {
    /** Resolves when all are taken; at most ten. */
    async publish(topicArn: string, batch: readonly Message[]): Promise<void> {
      if (!requests.isReady() || Date.now() < officialUntil) return official(topicArn, batch)
      const fault = await ours(topicArn, batch).catch(String)
      if (fault === undefined) return
      const isFirst = Date.now() >= officialUntil
      officialUntil = Date.now() + officialForMs
      await official(topicArn, batch)
      if (isFirst) onError(new Error(`SNS took a batch through the official client only: ${fault}`))
    },
    async close(): Promise<void> {
      closing.abort()
      await requests.close()
    },
  }
}

/** What a message says in the open. */
const openlyOf = (message: Message): Record<string, string> => ({ shard: message.shard, ...labelsOf(message) })

/** Parts of the form that are the same in every request; the names are longer than what they name. */
const PARTS = Array.from({ length: 10 }, (_, i) => {
  const member = `&PublishBatchRequestEntries.member.${i + 1}`
  const attributes = Array.from({ length: 10 }, (_, k) => {
    const entry = `${member}.MessageAttributes.entry.${k + 1}`
    return { name: `${entry}.Name=`, value: `${entry}.Value.DataType=String${entry}.Value.StringValue=` }
  })
  return { message: `${member}.Id=${i}${member}.Message=`, attributes }
})

/** As AWS wants it for its query protocol. */
export function formOf(topicArn: string, batch: readonly Message[]): string {
  let form = `Action=PublishBatch&Version=2010-03-31&TopicArn=${encodeURIComponent(topicArn)}`
  batch.forEach((message, i) => {
    const parts = PARTS[i] as (typeof PARTS)[number]
    form += parts.message + encodeURIComponent(message.body)
    Object.entries(openlyOf(message)).forEach(([name, value], k) => {
      const attribute = parts.attributes[k] as (typeof parts.attributes)[number]
      form += attribute.name + name + attribute.value + encodeURIComponent(value)
    })
  })
  return form
}
