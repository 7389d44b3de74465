/** PublishBatch, once by a request of ours and else through the official client. SNS may so take a message twice, which changes nothing. */
import { PublishBatchCommand, type SNSClient } from '@aws-sdk/client-sns'
import type { Message } from './bus.ts'
import { attributesOf, MOST_MESSAGES } from './sns-sqs.parts.ts'
import type { Requests } from './sns-sqs.request.ts'

/** Of at most ten; resolves when all are taken. */
export function createPublisher(sns: SNSClient, requests: Requests) {
  const closing = new AbortController()

  async function ours(topicArn: string, batch: readonly Message[]): Promise<void> {
    const answer = await requests.post(formOf(topicArn, batch), { 'content-type': 'application/x-www-form-urlencoded' })
    const taken = answer.split('<MessageId>').length - 1
    if (taken !== batch.length) throw new Error(`${taken} of ${batch.length} messages were taken`)
  }

  async function official(topicArn: string, batch: readonly Message[]): Promise<void> {
    const PublishBatchRequestEntries = batch.map(({ body, shard }, i) => ({
      Id: String(i),
      Message: body,
      MessageAttributes: attributesOf({ shard }),
    }))
    const command = new PublishBatchCommand({ TopicArn: topicArn, PublishBatchRequestEntries })
    const { Failed = [] } = await sns.send(command, { abortSignal: closing.signal })
    const [first] = Failed
    if (first) throw new Error(`SNS refused ${Failed.length} of ${batch.length} messages: ${first.Code} ${first.Message ?? ''}`)
  }

  return {
    publish: (topicArn: string, batch: readonly Message[]): Promise<void> =>
      requests.first(
        () => ours(topicArn, batch),
        () => official(topicArn, batch),
      ),
    async close(): Promise<void> {
      closing.abort()
      await requests.close()
    },
  }
}

/**
 * Parts of the form that are the same in every request; the names are longer than what they name. Of attributes a message has its shard, by which
 * receivers tell shards apart; a subscription that filters can do so by the body. With version, kind and event too a request was 15.4 KB
 * instead of 8.
 */
const PARTS = Array.from({ length: MOST_MESSAGES }, (_, i) => {
  const member = `&PublishBatchRequestEntries.member.${i + 1}`
  const attribute = `${member}.MessageAttributes.entry.1`
  return {
    body: `${member}.Id=${i}${member}.Message=`,
    shard: `${attribute}.Name=shard${attribute}.Value.DataType=String${attribute}.Value.StringValue=`,
  }
})

/** As AWS wants it for its query protocol. */
export function formOf(topicArn: string, batch: readonly Message[]): string {
  let form = `Action=PublishBatch&Version=2010-03-31&TopicArn=${encodeURIComponent(topicArn)}`
  batch.forEach(({ body, shard }, i) => {
    const parts = PARTS[i] as (typeof PARTS)[number]
    form += parts.body + encodeURIComponent(body) + parts.shard + encodeURIComponent(shard)
  })
  return form
}
