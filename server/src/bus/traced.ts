/** A bus whose messages are spans of the trace of their entry. It carries what the other one carries. */
import { endWith, type Tracing, traceOf } from '../telemetry/tracing.ts'
import type { Bus } from './bus.ts'

export function traceBus(bus: Bus, tracing: Tracing): Bus {
  return {
    ...bus,
    publish(messages) {
      const spans = messages.flatMap(({ shard, position, body }) => {
        const trace = traceOf(body)
        return (trace && tracing.begin('publish', 'producer', trace, { shard, position })) || []
      })
      const publishing = bus.publish(messages)
      for (const span of spans) endWith(span, publishing)
      return publishing
    },
  }
}
