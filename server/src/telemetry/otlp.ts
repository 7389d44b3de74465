/** Traces by OpenTelemetry's own packages, sent as OTLP over HTTP. Loaded only where an endpoint is set: it takes 60 ms and 9 MB. */
import { type Context, DiagLogLevel, diag, ROOT_CONTEXT, type Span, SpanKind, SpanStatusCode, TraceFlags, trace } from '@opentelemetry/api'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { BatchSpanProcessor, ParentBasedSampler, TraceIdRatioBasedSampler, TracerProvider } from '@opentelemetry/sdk-trace'
import type { TraceSpan, Tracing } from './tracing.ts'

export type OtlpOptions = {
  /** Of the collector; the path of traces is added. */
  endpoint: string
  headers: Record<string, string>
  /** Of the traces that begin here; one that a caller began is sampled when the caller says so. */
  ratio: number
  roles: readonly string[]
  version: string
  onError: (error: unknown) => void
}

/** Spans that wait to be sent; more are let go. */
const MOST_WAITING = 8192
const SEND_EVERY_MS = 1000
/** A collector that is away is told of once in this time. */
const TELL_EVERY_MS = 60_000

const KINDS = { server: SpanKind.SERVER, client: SpanKind.CLIENT, producer: SpanKind.PRODUCER, consumer: SpanKind.CONSUMER }

export function startTracing({ endpoint, headers, ratio, roles, version, onError }: OtlpOptions): Tracing {
  tellErrors(onError)
  const exporter = new OTLPTraceExporter({ url: `${endpoint.replace(/\/+$/, '')}/v1/traces`, headers })
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'onsale', 'service.version': version, 'onsale.roles': roles.join(',') }),
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(ratio) }),
    spanProcessors: [new BatchSpanProcessor({ exporter, scheduledDelayMillis: SEND_EVERY_MS, maxQueueSize: MOST_WAITING })],
  })
  const tracer = provider.getTracer('onsale', version)
  return {
    begin(name, kind, parent, attributes = {}, atMs) {
      const options = { kind: KINDS[kind], attributes, ...(atMs !== undefined && { startTime: atMs }) }
      const span = tracer.startSpan(name, options, contextOf(parent))
      return span.isRecording() ? asTraceSpan(span) : undefined
    },
    stop: () => provider.shutdown().catch(onError),
  }
}

function asTraceSpan(span: Span): TraceSpan {
  const { traceId, spanId, traceFlags } = span.spanContext()
  return {
    traceId,
    traceparent: `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`,
    end(attributes = {}, error, atMs) {
      span.setAttributes(attributes)
      if (error !== undefined)
        span.setStatus({ code: SpanStatusCode.ERROR, message: error instanceof Error ? error.message : String(error) })
      span.end(atMs)
    },
  }
}

/** A `traceparent` of a later version begins like ours; one that cannot be read begins a new trace, as the standard wants. */
function contextOf(traceparent: string | undefined): Context {
  const [, version, traceId, spanId, flags] =
    /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?:-|$)/.exec(traceparent ?? '') ?? []
  if (!traceId || !spanId || version === 'ff' || /^0+$/.test(traceId) || /^0+$/.test(spanId)) return ROOT_CONTEXT
  const traceFlags = Number.parseInt(flags as string, 16) & TraceFlags.SAMPLED
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags, isRemote: true })
}

function tellErrors(onError: (error: unknown) => void): void {
  let toldAt = Number.NEGATIVE_INFINITY
  const error = (message: string): void => {
    if (performance.now() - toldAt < TELL_EVERY_MS) return
    toldAt = performance.now()
    onError(new Error(message))
  }
  const silent = (): void => {}
  diag.setLogger(
    { error, warn: silent, info: silent, debug: silent, verbose: silent },
    { logLevel: DiagLogLevel.ERROR, suppressOverrideMessage: true },
  )
}
