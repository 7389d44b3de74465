/**
 * Whoever asked the client library for something hears that it failed. But its connections, members of a group and streams also emit 'error',
 * which ends the process where nobody listens: the library itself listens to the first error of a connection, and a broker that breaks one
 * in the handshake of SASL makes two; to a member that its group did not take back it does not listen at all.
 */
import type { EventEmitter } from 'node:events'
import { instancesChannel } from '@platformatic/kafka'

// Tells of everything that the library makes, before it is used.
instancesChannel.subscribe((made) => {
  const { instance } = made as { instance: EventEmitter }
  instance.on('error', () => {})
})

/** The library says what could not be done ("Listing topics failed."); why stands in what its errors were made of. */
export function explain(error: unknown): never {
  const sentences = new Set<string>()
  for (let each: unknown = error; each instanceof Error; each = each instanceof AggregateError ? each.errors[0] : each.cause)
    sentences.add(each.message.trim())
  throw new Error([...sentences].join(' ') || String(error), { cause: error })
}
