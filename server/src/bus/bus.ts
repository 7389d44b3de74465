/**
 * Carries messages from the relay to whoever projects them. It promises nothing: what it loses the relay publishes again, what it
 * repeats or disorders changes nothing. A message is one sealed log entry; `shard` is its key where a bus keeps order by key.
 */
export type Message = { shard: string; position: number; body: string }

export interface Bus {
  /** Resolves once the bus has them as durably as it can. Waits while its subscribers are behind. */
  publish(messages: readonly Message[]): Promise<void>
  /** Every group gets every message; within a group one subscriber does. What `deliver` rejects is delivered again. */
  subscribe(group: string, deliver: (bodies: string[]) => Promise<void>): Promise<AsyncDisposable>
  /** Where a bus sets aside what a group refuses again and again; the bus in memory keeps trying instead. */
  deadLetters?: DeadLetters
  close(): Promise<void>
}

/** What a group refused although it took others meanwhile (`intake.ts`), with the last error that it gave. */
export type DeadLetter = { shard: string; body: string; error: string }

export interface DeadLetters {
  /** The oldest first where the bus knows an order; at most 1,000. */
  list(group: string): Promise<DeadLetter[]>
  /** How many there are, without looking at them. */
  count(group: string): Promise<number>
  /** Carries each of them to its group once more, and takes it off the list. Returns how many. */
  replay(group: string): Promise<number>
  /** Forgets them. Returns how many. */
  purge(group: string): Promise<number>
}
