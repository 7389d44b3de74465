/** The proxy of the rolling restart: it hides nothing of what it is to find. */
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import { expect, onTestFinished, test } from 'vitest'
import { until } from '../../../server/test/until.ts'
import { startProxy } from './proxy.ts'

const PATH = '/purchase/api/v1/tickets'

async function startUpstream(purchase: RequestListener): Promise<{ url: string; ready: { status: number }; close(): void }> {
  const ready = { status: 200 }
  const server = createServer((request, response) => {
    if (request.url === '/health/ready') response.writeHead(ready.status).end()
    else purchase(request, response)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const close = (): void => {
    server.closeAllConnections()
    server.close()
  }
  onTestFinished(close)
  return { url: `http://127.0.0.1:${(server.address() as { port: number }).port}`, ready, close }
}

async function startProxyWith(...upstreams: { url: string }[]) {
  const proxy = await startProxy()
  onTestFinished(() => proxy.close())
  for (const { url } of upstreams) await proxy.add('purchase', url)
  return { proxy, ask: async () => (await fetch(`${proxy.url}${PATH}`, { method: 'POST', body: '{}' })).status }
}

const sells: RequestListener = (_, response) => response.writeHead(201).end()

test('who is not ready gets nothing, and who is ready again gets its share', async () => {
  let asked = 0
  const first = await startUpstream((_, response) => {
    asked++
    response.writeHead(201).end()
  })
  const { proxy, ask } = await startProxyWith(first, await startUpstream(sells))
  first.ready.status = 503
  await until('it is seen', async () => {
    const before = asked
    await ask()
    await ask()
    return asked === before
  })
  const before = asked
  for (let i = 0; i < 10; i++) expect(await ask()).toBe(201)
  expect(asked).toBe(before)
  first.ready.status = 200
  await until('it gets its share', async () => (await ask()) === 201 && asked > before)
  expect(proxy.faults).toEqual([])
})

test('a connection that is refused is tried elsewhere; without anybody it is a fault', async () => {
  const [first, second] = [await startUpstream(sells), await startUpstream(sells)]
  const { proxy, ask } = await startProxyWith(first, second)
  first.close()
  for (let i = 0; i < 4; i++) expect(await ask()).toBe(201)
  second.close()
  await until('nobody is ready', async () => (await ask()) === 502)
  expect(proxy.faults[0]).toContain('no purchase is there')
})

test('a request that was sent is not sent again: it is a fault', async () => {
  let asked = 0
  const breaks = await startUpstream((request) => {
    asked++
    request.socket.destroy()
  })
  const { proxy, ask } = await startProxyWith(breaks)
  expect(await ask()).toBe(502)
  expect([asked, proxy.faults]).toEqual([1, [expect.stringContaining(`POST ${PATH}: purchase ECONNRESET`)]])
})
