/**
 * Traces: one from the request through ledger, bus and projector to the database. The trace travels in the entry itself, as a W3C
 * `traceparent`, because the log is what a sale and its projection have in common.
 *
 * `Tracing` exists only where OTEL_EXPORTER_OTLP_ENDPOINT is set, and a span only where its trace is sampled: everything else passes
 * `undefined` on. `otlp.ts` is the one implementation, and is loaded only then.
 */
export type Attributes = Record<string, string | number>
export type SpanKind = 'server' | 'client' | 'producer' | 'consumer'

export type TraceSpan = {
  traceId: string
  /** What a child names as its parent. */
  traceparent: string
  /** `atMs`: since 1970; now unless named. */
  end(attributes?: Attributes, error?: unknown, atMs?: number): void
}

export type Tracing = {
  /** A span of the trace that `parent` names, or of a new one. Undefined when that is not sampled. */
  begin(name: string, kind: SpanKind, parent: string | undefined, attributes?: Attributes, atMs?: number): TraceSpan | undefined
  /** Sends what is left. */
  stop(): Promise<void>
}

/** The trace that an entry carries. Not parsed, because few carry one: 0.1 us an entry instead of 1.2. Within a text its quotes would be escaped. */
export function traceOf(body: string): string | undefined {
  return /,"trace":"(00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2})"/.exec(body)?.[1]
}

/** Ends the span with the work. Whoever asked for the work hears of its error. */
export function endWith<T>(span: TraceSpan, work: Promise<T>, attributes: (result: T) => Attributes = () => ({})): void {
  work.then(
    (result) => span.end(attributes(result)),
    (error: unknown) => span.end({}, error),
  )
}

export type Delivery = {
  bodies: readonly string[]
  fromMs: number
  /** The database, and its transaction; none when it failed. */
  database: string
  wrote?: { fromMs: number; toMs: number }
  error?: unknown
}

/** What a delivery to the projector was for each traced entry in it: all of them have the times of the whole batch. */
export function traceDelivery(tracing: Tracing, { bodies, fromMs, database, wrote, error }: Delivery): void {
  for (const body of bodies) {
    const trace = traceOf(body)
    const project = trace && tracing.begin('project', 'consumer', trace, { entries: bodies.length }, fromMs)
    if (!project) continue
    if (wrote)
      tracing
        .begin('SQL write', 'client', project.traceparent, { 'db.system.name': database }, wrote.fromMs)
        ?.end({}, undefined, wrote.toMs)
    project.end({}, error)
  }
}
