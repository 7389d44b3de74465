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
  close(): Promise<void>
}
