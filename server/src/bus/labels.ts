/** What a message says of itself in Kafka's headers, so that others can filter without reading bodies. SNS filters by bodies itself. */
import type { Message } from './bus.ts'

/** Each is paid for: with five a Kafka producer took 24 us of CPU a message, with three 16, though not under the same load. */
const LABELS = ['v', 'kind', 'eventId'] as const

export function labelsOf({ body }: Pick<Message, 'body'>): Record<string, string> {
  const labels: Record<string, string> = {}
  const entry = parsed(body)
  for (const name of LABELS) {
    const value = entry[name]
    if (typeof value === 'string' || typeof value === 'number') labels[name] = String(value)
  }
  // As others that read the bus know it.
  if (typeof entry.trace === 'string') labels.traceparent = entry.trace
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
