/** What a message says of itself in the open (Kafka headers, SNS attributes), so that others can filter without reading bodies. */
import type { Message } from './bus.ts'

const LABELS = ['v', 'kind', 'eventId', 'position'] as const

export function labelsOf({ shard, body }: Pick<Message, 'shard' | 'body'>): Record<string, string> {
  const labels: Record<string, string> = { shard }
  const entry = parsed(body)
  for (const name of LABELS) {
    const value = entry[name]
    if (typeof value === 'string' || typeof value === 'number') labels[name] = String(value)
  }
  return labels
}

/** What is no JSON object is carried all the same: to judge it is the subscriber's part. */
function parsed(body: string): Partial<Record<string, unknown>> {
  try {
    return Object(JSON.parse(body))
  } catch {
    return {}
  }
}
