/** A reader of a live stream that comes back with its last id, as a browser does, and keeps what it was told. */
import { request } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'

const AGAIN_MS = 100

export type Listener = {
  /** "1A12" -> how often it was told that this seat is sold. */
  sold: ReadonlyMap<string, number>
  resumed(): number
  /** What should not have come; one line each. */
  faults: readonly string[]
  close(): void
}

export function listen(url: string, eventId: string): Listener {
  const sold = new Map<string, number>()
  const faults: string[] = []
  const closing = new AbortController()
  let lastId: string | undefined
  let connections = 0

  function hear(block: string): void {
    const field = (name: string): string | undefined => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1]
    const kind = field('event')
    if (kind === undefined) return
    if (kind === 'snapshot' && lastId !== undefined) faults.push(`stream of ${eventId}: a snapshot instead of what follows ${lastId}`)
    lastId = field('id')
    if (kind !== 'change') return
    const { seats } = JSON.parse(field('data') ?? '') as { seats: { zoneId: number; row: string; column: number; state: string }[] }
    for (const { zoneId, row, column } of seats) {
      const seat = `${zoneId}${row}${column}`
      sold.set(seat, (sold.get(seat) ?? 0) + 1)
    }
  }

  async function follow(): Promise<void> {
    connections++
    const headers = { accept: 'text/event-stream', ...(lastId !== undefined && { 'last-event-id': lastId }) }
    await new Promise<void>((ended) => {
      const options = { headers, agent: false, signal: closing.signal }
      const sent = request(`${url}/query/api/v1/events/${eventId}/stream`, options, (answer) => {
        if (answer.statusCode !== 200) faults.push(`stream of ${eventId}: ${answer.statusCode}`)
        let rest = ''
        answer.setEncoding('utf8').on('data', (text: string) => {
          const blocks = (rest + text).split('\n\n')
          rest = blocks.pop() as string
          blocks.forEach(hear)
        })
        answer.on('error', () => undefined).on('close', ended)
      })
      sent.on('error', (error) => {
        if (!closing.signal.aborted) faults.push(`stream of ${eventId}: ${error.message}`)
        ended()
      })
      sent.end()
    })
  }
  void (async () => {
    while (!closing.signal.aborted) {
      await follow()
      await wait(AGAIN_MS)
    }
  })()
  return { sold, faults, resumed: () => connections - 1, close: () => closing.abort() }
}
