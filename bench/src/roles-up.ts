/** The product as it stands in a large house, on one machine: each role a process, on engines of its own. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import topology from '../../topology.json' with { type: 'json' }
import { type Child, startChild } from './child.ts'
import { type House, writeHouses } from './house.ts'
import type { Urls } from './places.ts'
import { caughtUp, type Product } from './product.ts'

const SERVER = fileURLToPath(new URL('./server.ts', import.meta.url))
const roles = Object.keys(topology.roles)

/** Purchases go to `port`, which `pid` has; questions to `queryPort`. `env`: what the engines' clients read. */
export type RolesUp = Product & { queryPort: number }

export async function startRoles(house: House, urls: Urls, env: Record<string, string>): Promise<RolesUp> {
  const startedMs = performance.now()
  const home = mkdtempSync(join(tmpdir(), 'onsale-bench-'))
  const dataDir = join(home, 'data')
  await writeHouses(join(home, 'samples'), [house])
  const places = { LEDGER_URL: urls.ledgerUrl, BUS_URL: urls.busUrl, DATABASE_URL: urls.databaseUrl, DATA_DIR: dataDir }
  const children = new Map<string, Child>()
  const ports = new Map<string, number>()
  // One after another: the first makes the tables.
  for (const role of roles) {
    const child = startChild(SERVER, [join(home, 'samples')], { ...env, ...places, ROLES: role })
    children.set(role, child)
    ports.set(role, Number(new URL(await child.ready).port))
  }
  const [port, queryPort] = [ports.get('purchase') as number, ports.get('query') as number]
  const get: Product['get'] = async (path) => {
    const answer = await fetch(`http://127.0.0.1:${queryPort}${path}`)
    return { status: answer.status, text: await answer.text() }
  }
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    queryPort,
    pid: children.get('purchase')?.pid as number,
    dataDir,
    books: urls,
    parts: () => [...children].map(([name, { pid }]) => ({ name, pids: [pid] })),
    readyMs: performance.now() - startedMs,
    get,
    caughtUp: (of, tickets, limitMs) => caughtUp(get, of, tickets, limitMs),
    async stop() {
      for (const [role, child] of children) {
        const code = await child.end('SIGTERM')
        if (code !== 0) throw new Error(`The ${role} role stopped with exit code ${code}.`)
      }
    },
    async remove() {
      for (const child of children.values()) await child.end('SIGKILL')
      rmSync(home, { recursive: true, force: true })
    },
  }
}
