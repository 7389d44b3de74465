/** What became of each request, in arrays of numbers, so that counting costs next to nothing while it runs. */
import type { Report } from './plan.ts'

export type Tally = {
  sent(request: number, intendedMs: number): void
  unsent(): void
  /** One connection broke while it waited for an answer. */
  broken(): void
  answered(request: number, status: number, head: string, body: () => string): void
  report(taken: number): Omit<Report, 'lagsMs' | 'lost' | 'cpuUs'>
}

export function createTally(count: number, keepSold: boolean): Tally {
  const startedMs = performance.now()
  const intended = new Float64Array(count)
  const sent = new Float64Array(count)
  const latencies = new Float64Array(count)
  const onWire = new Float64Array(count)
  const statuses: Record<number, number> = {}
  const sold: Report['sold'] = []
  const refused: Report['refused'] = []
  /** From this process's clock to the machine's. */
  const offsetMs = Number(process.hrtime.bigint()) / 1e6 - performance.now()
  let good = 0
  let unsent = 0
  let broken = 0
  let withoutRetryAfter = 0
  const busy = { fromMs: Number.NaN, toMs: Number.NaN }
  let endedMs = startedMs
  let goodMs = startedMs
  return {
    sent(request, intendedMs) {
      intended[request] = intendedMs
      sent[request] = performance.now()
    },
    unsent: () => void unsent++,
    broken: () => void broken++,
    answered(request, status, head, body) {
      endedMs = performance.now()
      statuses[status] = (statuses[status] ?? 0) + 1
      if (status < 300) {
        onWire[good] = endedMs - (sent[request] as number)
        latencies[good++] = endedMs - (intended[request] as number)
        goodMs = endedMs
        if (keepSold && status === 201) sold.push({ request, body: body(), sentMs: offsetMs + (sent[request] as number) })
      } else if (status === 409) {
        if (keepSold) refused.push({ request, answeredMs: offsetMs + endedMs })
      } else if (status === 503) {
        busy.toMs = offsetMs + endedMs
        if (Number.isNaN(busy.fromMs)) busy.fromMs = busy.toMs
        if (!/\r\nretry-after: \d/i.test(head)) withoutRetryAfter++
      }
    },
    report: (taken) => ({
      taken,
      unsent,
      broken,
      seconds: (endedMs - startedMs) / 1000,
      goodSeconds: (goodMs - startedMs) / 1000,
      statuses,
      withoutRetryAfter,
      busy,
      latenciesMs: latencies.slice(0, good),
      onWireMs: onWire.slice(0, good),
      sold,
      refused,
    }),
  }
}
