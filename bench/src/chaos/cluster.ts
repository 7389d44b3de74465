/**
 * The product as it runs at scale: each role a process of its own on a port that it keeps, and somebody who starts it again when it ends, as
 * every platform does.
 */
import { openSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { type Child, startChild } from '../child.ts'
import { freePort } from '../free-port.ts'
import type { Urls } from './servers.ts'

const SERVER = fileURLToPath(new URL('../server.ts', import.meta.url))
/** Between a death and the next start. */
const REST_MS = 100
/** A start that takes so long, with everything there that it needs, is a failure. */
const READY_MS = 120_000

/** What runs: a name for the report, and its roles. */
const CREW = [
  { name: 'purchase 1', roles: 'purchase' },
  { name: 'purchase 2', roles: 'purchase' },
  { name: 'projector 1', roles: 'projector' },
  { name: 'projector 2', roles: 'projector' },
  { name: 'query', roles: 'query,web' },
] as const

export type RoleProcess = {
  name: string
  roles: string
  port: number
  /** How often it ended by itself: after it had been ready, which is a fault of ours, or before, as when the database was away. */
  ownDeaths: number
  failedStarts: number
  /** Keeps it running from now on. */
  start(): void
  ready(moreMs?: number): Promise<void>
  /** SIGKILL; it is started again. */
  kill(): Promise<void>
  /** SIGKILL; it stays dead until `start`. */
  keepDown(): Promise<void>
  signal(signal: NodeJS.Signals): void
  /** SIGTERM; resolves with the exit code. */
  stop(): Promise<number | null>
}

export type Cluster = {
  all: RoleProcess[]
  of(role: 'purchase' | 'projector' | 'query'): RoleProcess[]
  /** Waits for so much longer than a start may take: a log that is far behind makes what sells unready. */
  ready(moreMs?: number): Promise<void>
  /** Kills all. */
  end(): Promise<void>
}

export type ClusterOptions = { urls: Urls; env: Record<string, string>; folder: string }

/** `folder` gets what the processes complain of, a file each. It has no samples: each round imports what it sells. */
export async function startCluster({ urls, env, folder }: ClusterOptions): Promise<Cluster> {
  const settings = { ...env, LEDGER_URL: urls.ledgerUrl, BUS_URL: urls.busUrl, DATABASE_URL: urls.databaseUrl, DATA_DIR: folder }
  const all = await Promise.all(
    CREW.map(async ({ name, roles }) => {
      const port = await freePort()
      const complaints = openSync(join(folder, `${name.replace(' ', '-')}.log`), 'a')
      return superviseRole({
        name,
        roles,
        port,
        start: () => startChild(SERVER, [join(folder, 'samples')], { ...settings, ROLES: roles, PORT: String(port) }, complaints),
      })
    }),
  )
  for (const each of all) each.start()
  return {
    all,
    of: (role) => all.filter(({ roles }) => roles.split(',').includes(role)),
    ready: async (moreMs) => void (await Promise.all(all.map((each) => each.ready(moreMs)))),
    end: async () => void (await Promise.all(all.map((each) => each.keepDown()))),
  }
}

type Supervised = { name: string; roles: string; port: number; start(): Child }

function superviseRole({ name, roles, port, start }: Supervised): RoleProcess {
  let child: Child | undefined
  let isWanted = false
  let supervising = Promise.resolve()

  async function supervise(): Promise<void> {
    while (isWanted) {
      const born = start()
      child = born
      let wasReady = false
      born.ready.then(
        () => {
          wasReady = true
        },
        () => undefined,
      )
      await born.ended
      if (child === born && wasReady) role.ownDeaths++
      else if (child === born) role.failedStarts++
      if (isWanted) await wait(REST_MS)
    }
  }

  /** What ends now was not its own death. */
  async function end(signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null> {
    const dying = child
    child = undefined
    return (await dying?.end(signal)) ?? null
  }

  async function leave(signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null> {
    isWanted = false
    const code = await end(signal)
    await supervising
    return code
  }

  const role: RoleProcess = {
    name,
    roles,
    port,
    ownDeaths: 0,
    failedStarts: 0,
    start() {
      if (isWanted) return
      isWanted = true
      supervising = supervise()
    },
    ready: (moreMs = 0) => answers(name, port, READY_MS + moreMs),
    kill: async () => void (await end('SIGKILL')),
    keepDown: async () => void (await leave('SIGKILL')),
    signal: (signal) => child?.signal(signal),
    stop: () => leave('SIGTERM'),
  }
  return role
}

/** That every role of it is open and works: who only listens takes no part yet. */
async function answers(name: string, port: number, withinMs: number): Promise<void> {
  const untilMs = performance.now() + withinMs
  for (;;) {
    const said = await fetch(`http://127.0.0.1:${port}/health/ready`, { signal: AbortSignal.timeout(5000) }).then(
      async (answer) => (answer.ok ? 'ready' : await answer.text()),
      (error: unknown) => String(error),
    )
    if (said === 'ready') return
    if (performance.now() > untilMs) throw new Error(`${name} was not ready within ${withinMs} ms: ${said}`)
    await wait(50)
  }
}
