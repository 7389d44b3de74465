/** Messages as an outside bus takes them: so many at once, and so many bytes. */
import type { Message } from './bus.ts'

export type Limits = {
  /** Of the bodies and `besides`; a single message that is larger goes alone. */
  bytes: number
  messages?: number
  /** Bytes of each message beside its body. */
  besides?: number
}

/** In the order that they came in. */
export function* portionsOf(
  messages: readonly Message[],
  { bytes: most, messages: count = Number.POSITIVE_INFINITY, besides = 0 }: Limits,
): Generator<Message[]> {
  let portion: Message[] = []
  let bytes = 0
  for (const message of messages) {
    const size = Buffer.byteLength(message.body) + besides
    if (portion.length === count || (bytes + size > most && portion.length > 0)) {
      yield portion
      portion = []
      bytes = 0
    }
    portion.push(message)
    bytes += size
  }
  if (portion.length > 0) yield portion
}
