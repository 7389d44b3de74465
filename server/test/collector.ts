/** A collector of traces: takes OTLP over HTTP as JSON, as it is sent. */
import { once } from 'node:events'
import { createServer } from 'node:http'

export type Span = {
  traceId: string
  spanId: string
  parentSpanId?: string
  name: string
  kind: number
  startTimeUnixNano: string
  endTimeUnixNano: string
  status: { code?: number }
  attributes: { key: string; value: { stringValue?: string; intValue?: number } }[]
}
export type Collector = { url: string; spans: Span[]; headers: Record<string, unknown>[]; services: string[]; close(): void }

export async function startCollector(): Promise<Collector> {
  const collector: Omit<Collector, 'url' | 'close'> = { spans: [], headers: [], services: [] }
  const server = createServer(async (request, response) => {
    const body = await new Response(request as unknown as ReadableStream).text()
    collector.headers.push({ url: request.url, ...request.headers })
    for (const { resource, scopeSpans } of JSON.parse(body).resourceSpans) {
      collector.services.push(JSON.stringify(resource.attributes))
      for (const { spans } of scopeSpans) collector.spans.push(...spans)
    }
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  return { ...collector, url: `http://127.0.0.1:${port}`, close: () => server.close() }
}

export const attributesOf = ({ attributes }: Span) =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, value.stringValue ?? value.intValue]))
