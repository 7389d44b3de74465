/** The product under load: its own process, its own data, houses made for it. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { type BookUrls, embeddedBooks } from './books.ts'
import { startChild } from './child.ts'
import { type House, writeHouses } from './house.ts'

const SERVER = fileURLToPath(new URL('./server.ts', import.meta.url))

export type Part = { name: string; pids: number[] }

export type Product = {
  url: string
  port: number
  pid: number
  dataDir: string
  /** What it leaves behind, for the audit. */
  books: BookUrls
  /** All that works for it, by name: so much CPU. */
  parts(): Part[]
  readyMs: number
  get(path: string): Promise<{ status: number; text: string }>
  /** Resolves when SQL counts so many tickets of the house. */
  caughtUp(house: House, tickets: number, limitMs?: number): Promise<void>
  /** Closes it in good order; the data stays. */
  stop(): Promise<void>
  /** Stops what still runs, and removes the data. */
  remove(): Promise<void>
}

/** `houses` null: the samples of the repository. */
export async function startProduct(houses: readonly House[] | null): Promise<Product> {
  const home = await mkdtemp(join(tmpdir(), 'onsale-bench-'))
  const dataDir = join(home, 'data')
  if (houses) await writeHouses(join(home, 'samples'), houses)
  const startedMs = performance.now()
  const child = startChild(SERVER, houses ? [join(home, 'samples')] : [], { DATA_DIR: dataDir })
  const url = await child.ready
  const get = async (path: string) => {
    const answer = await fetch(url + path)
    return { status: answer.status, text: await answer.text() }
  }
  return {
    url,
    port: Number(new URL(url).port),
    pid: child.pid,
    dataDir,
    books: embeddedBooks(dataDir),
    parts: () => [{ name: 'all roles', pids: [child.pid] }],
    readyMs: performance.now() - startedMs,
    get,
    caughtUp: (house, tickets, limitMs) => caughtUp(get, house, tickets, limitMs),
    async stop() {
      const code = await child.end('SIGTERM')
      if (code !== 0) throw new Error(`The server stopped with exit code ${code}.`)
    },
    async remove() {
      await child.end('SIGKILL')
      await rm(home, { recursive: true, force: true })
    },
  }
}

export async function caughtUp(get: Product['get'], { eventId }: House, tickets: number, limitMs = 60_000): Promise<void> {
  const until = performance.now() + limitMs
  for (;;) {
    const { text } = await get(`/query/api/v1/tickets/count/${eventId}`)
    const { count } = JSON.parse(text) as { count: number }
    if (count === tickets) return
    if (performance.now() > until) throw new Error(`SQL has ${count} tickets of ${eventId} after ${limitMs} ms, ${tickets} were sold.`)
    await wait(20)
  }
}
