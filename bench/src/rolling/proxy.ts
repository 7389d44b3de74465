/**
 * A load balancer as docs/rolling-restart.md asks for one, as small as it can be: paths by topology.json, a look at /health/ready of every
 * process, connections that were refused tried elsewhere, and nothing that was sent is sent again.
 */
import { once } from 'node:events'
import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
import topology from '../../../topology.json' with { type: 'json' }

export type Role = keyof typeof topology.roles

const LOOK_EVERY_MS = 100
const LOOK_WITHIN_MS = 3000
const READY_WITHIN_MS = 60_000

type Upstream = { role: Role; url: URL; isReady: boolean; underWay: number }

export type ReverseProxy = {
  url: string
  port: number
  /** Resolves when the process is ready and gets its share. */
  add(role: Role, url: string): Promise<void>
  /** After its process has ended. */
  remove(url: string): void
  /** Requests that could not be answered by a process; one line each. */
  faults: readonly string[]
  /** Connections that were refused and tried elsewhere. */
  refused(): number
  close(): Promise<void>
}

const prefixes = Object.entries(topology.roles)
  .flatMap(([role, { prefixes }]) => prefixes.map((prefix) => ({ role: role as Role, prefix: prefix === '/' ? '' : prefix })))
  .sort((a, b) => b.prefix.length - a.prefix.length)
const roleOf = (path: string): Role => prefixes.find(({ prefix }) => path === prefix || path.startsWith(`${prefix}/`))?.role as Role

export async function startProxy(): Promise<ReverseProxy> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1000 })
  const upstreams = new Set<Upstream>()
  const faults: string[] = []
  const closing = new AbortController()
  let refusals = 0

  async function watch(upstream: Upstream): Promise<void> {
    while (upstreams.has(upstream) && !closing.signal.aborted) {
      const looking = AbortSignal.any([closing.signal, AbortSignal.timeout(LOOK_WITHIN_MS)])
      upstream.isReady = await fetch(new URL('/health/ready', upstream.url), { signal: looking }).then(
        ({ status, body }) => body?.cancel().then(() => status === 200) ?? status === 200,
        () => false,
      )
      await wait(LOOK_EVERY_MS, undefined, { signal: closing.signal }).catch(() => undefined)
    }
  }

  function fail(response: ServerResponse, why: string): void {
    // Nobody waits for it any more.
    if (response.closed) return
    faults.push(why)
    if (response.headersSent) response.destroy()
    else response.writeHead(502, { 'content-type': 'text/plain', 'content-length': Buffer.byteLength(why) }).end(why)
  }

  /** `tried`: those that refused the connection. */
  function forward(asked: IncomingMessage, body: Buffer, response: ServerResponse, tried: readonly Upstream[]): void {
    const role = roleOf((asked.url ?? '/').split('?')[0] as string)
    const [upstream] = [...upstreams]
      .filter((one) => one.role === role && !tried.includes(one))
      // When nobody is ready, anybody: on a machine that is starved looks are late, and who cannot work says so himself.
      .sort((a, b) => Number(b.isReady) - Number(a.isReady) || a.underWay - b.underWay)
    const what = `${asked.method} ${asked.url}`
    if (!upstream) {
      fail(response, `${what}: no ${role} is there`)
      return
    }
    const { hostname, port } = upstream.url
    const headers = { ...asked.headers, connection: 'keep-alive' }
    const sent = request({ agent, hostname, port, method: asked.method, path: asked.url, headers }, (answer) => {
      const { connection, 'keep-alive': _, 'transfer-encoding': __, ...rest } = answer.headers
      response.writeHead(answer.statusCode ?? 502, rest)
      answer.on('error', ({ message }) => fail(response, `${what}: broken off by ${role} (${message})`)).pipe(response)
    })
    upstream.underWay++
    sent.on('close', () => {
      upstream.underWay--
    })
    response.on('close', () => sent.destroy())
    sent.on('error', ({ code, message }: NodeJS.ErrnoException) => {
      if (code === 'ECONNREFUSED') {
        refusals++
        forward(asked, body, response, [...tried, upstream])
      } else fail(response, `${what}: ${role} ${code ?? message} on a ${sent.reusedSocket ? 'kept' : 'new'} connection`)
    })
    sent.end(body)
  }

  const server = createServer((asked, response) => {
    const chunks: Buffer[] = []
    asked.on('data', (chunk: Buffer) => chunks.push(chunk))
    asked.on('end', () => forward(asked, Buffer.concat(chunks), response, []))
  })
  server.keepAliveTimeout = 120_000
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }

  return {
    url: `http://127.0.0.1:${port}`,
    port,
    faults,
    refused: () => refusals,
    async add(role, url) {
      const upstream: Upstream = { role, url: new URL(url), isReady: false, underWay: 0 }
      upstreams.add(upstream)
      void watch(upstream)
      for (const until = performance.now() + READY_WITHIN_MS; !upstream.isReady; await wait(LOOK_EVERY_MS / 4))
        if (performance.now() > until) throw new Error(`${role} at ${url} is not ready after ${READY_WITHIN_MS / 1000} s.`)
    },
    remove(url) {
      for (const upstream of upstreams) if (upstream.url.href === new URL(url).href) upstreams.delete(upstream)
    },
    async close() {
      closing.abort()
      agent.destroy()
      server.closeAllConnections()
      server.close()
    },
  }
}
