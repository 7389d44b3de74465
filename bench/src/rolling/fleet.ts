/** Every role in two processes on real engines, behind the proxy; each can be replaced while the others work. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import topology from '../../../topology.json' with { type: 'json' }
import { type Child, startChild } from '../child.ts'
import { type House, writeHouses } from '../house.ts'
import { placesOn, type Urls } from '../places.ts'
import { type ReverseProxy, type Role, startProxy } from './proxy.ts'

const SERVER = fileURLToPath(new URL('../server.ts', import.meta.url))
const OF_EACH = 2
/** Some looks of the proxy, also on a machine that is busy with eight processes. */
const DRAIN_MS = 2000
const roles = Object.keys(topology.roles) as Role[]

/** `stopped`: from the signal to the exit. */
export type Replaced = { role: Role; readySeconds: number; stoppedSeconds: number; code: number | null }

export type Fleet = {
  proxy: ReverseProxy
  urls: Urls
  /** Starts a new process in the place of each, one after another, and stops the old one with the signal when the new one is ready. */
  replaceAll(signal: 'SIGTERM' | 'SIGKILL', told: (replaced: Replaced) => void): Promise<Replaced[]>
  /** Ends all processes in good order. */
  stop(): Promise<void>
  remove(): Promise<void>
}

type Member = { role: Role; child: Child; url: string }

/** `from`: a checkout of another version, which the first processes are of; those that take their places are of this one. */
export async function startFleet(houses: readonly House[], from?: string): Promise<Fleet> {
  const home = await mkdtemp(join(tmpdir(), 'onsale-rolling-'))
  await writeHouses(join(home, 'samples'), houses)
  const { urls, drop } = await placesOn('redis,kafka,postgres')
  const env = { LEDGER_URL: urls.ledgerUrl, BUS_URL: urls.busUrl, DATABASE_URL: urls.databaseUrl, DRAIN_MS: String(DRAIN_MS) }
  const proxy = await startProxy()
  let members: Member[] = []

  async function start(role: Role, server = SERVER): Promise<Member> {
    const child = startChild(server, [join(home, 'samples')], { ...env, ROLES: role, DATA_DIR: join(home, 'data') })
    const member = { role, child, url: await child.ready }
    members.push(member)
    await proxy.add(role, member.url)
    return member
  }

  async function end(member: Member, signal: 'SIGTERM' | 'SIGKILL'): Promise<{ code: number | null; seconds: number }> {
    members = members.filter((one) => one !== member)
    const toldMs = performance.now()
    const code = await member.child.end(signal)
    proxy.remove(member.url)
    return { code, seconds: (performance.now() - toldMs) / 1000 }
  }

  const first = from === undefined ? SERVER : resolve(from, 'bench/src/server.ts')
  // All at once, as when the lights come back: one of them makes the tables.
  await Promise.all(roles.flatMap((role) => Array.from({ length: OF_EACH }, () => start(role, first))))
  return {
    proxy,
    urls,
    async replaceAll(signal, told) {
      const replaced: Replaced[] = []
      for (const old of [...members]) {
        const startedMs = performance.now()
        await start(old.role)
        const readySeconds = (performance.now() - startedMs) / 1000
        const { code, seconds } = await end(old, signal)
        replaced.push({ role: old.role, readySeconds, stoppedSeconds: seconds, code })
        told(replaced.at(-1) as Replaced)
      }
      return replaced
    },
    async stop() {
      for (const member of [...members].reverse()) await end(member, 'SIGTERM')
    },
    async remove() {
      await Promise.all([...members].map((member) => end(member, 'SIGKILL')))
      await proxy.close()
      await drop()
      await rm(home, { recursive: true, force: true })
    },
  }
}

export const processCount = roles.length * OF_EACH
