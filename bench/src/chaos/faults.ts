/** What is done to a cluster while it sells. A plan of the seed says what comes when; each fault ends with everything back as it was. */
import { setTimeout as wait } from 'node:timers/promises'
import type { Cluster, RoleProcess } from './cluster.ts'
import type { FaultyWire } from './proxy.ts'
import type { ServerName } from './servers.ts'

export type Engine = { name: ServerName; crash(): Promise<void>; up(): Promise<void> }

export type Arena = {
  cluster: Cluster
  random: () => number
  /** What can be killed; `bus` is one of them. */
  engines: readonly Engine[]
  bus: Engine
  wires: readonly { name: string; proxy: FaultyWire }[]
  /** Sells until the read side, which is stopped, is as far behind as the round wants it. */
  fallBehind(): Promise<void>
  /** Counts what was done, for the report. */
  did(what: string, times?: number): void
}

/** An engine is away for so long at most, beside the time of its start; a wire is bad, a process stopped. */
const MOST_MS = { away: 1500, slow: 1500, late: 300, deaf: 400, frozen: 8000 }

type Fault = { weight: number; strike(arena: Arena): Promise<void> }

const faults: Record<string, Fault> = {
  'kill-purchase': { weight: 3, strike: (arena) => killOne(arena, pick(arena, arena.cluster.of('purchase'))) },
  'kill-projector': { weight: 3, strike: (arena) => killOne(arena, pick(arena, arena.cluster.of('projector'))) },
  'kill-query': { weight: 1, strike: (arena) => killOne(arena, pick(arena, arena.cluster.of('query'))) },
  crash: {
    weight: 4,
    async strike(arena) {
      const engine = pick(arena, arena.engines)
      await engine.crash()
      arena.did(`killed ${engine.name}`)
      await wait(arena.random() * MOST_MS.away)
      if (arena.random() < 0.4) await killOne(arena, pick(arena, arena.cluster.all))
      await engine.up()
    },
  },
  cut: {
    weight: 2,
    async strike(arena) {
      const { name, proxy } = pick(arena, arena.wires)
      arena.did(`cut connections to ${name}`, proxy.cut())
    },
  },
  swallow: {
    weight: 4,
    async strike(arena) {
      const { name, proxy } = pick(arena, arena.wires)
      arena.did(`lost answers of ${name}`, await proxy.swallow(arena.random() * MOST_MS.deaf))
    },
  },
  slow: {
    weight: 2,
    async strike(arena) {
      const { name, proxy } = pick(arena, arena.wires)
      proxy.delay(arena.random() * MOST_MS.late)
      arena.did(`slowed ${name}`)
      await wait(arena.random() * MOST_MS.slow)
      if (arena.random() < 0.3) proxy.cut()
      proxy.delay(0)
    },
  },
  freeze: {
    weight: 2,
    async strike(arena) {
      const frozen = pick(arena, [...arena.cluster.of('projector'), ...arena.cluster.of('purchase')])
      frozen.signal('SIGSTOP')
      arena.did(`froze a ${frozen.roles}`)
      await wait(arena.random() * MOST_MS.frozen)
      frozen.signal('SIGCONT')
    },
  },
  clock: {
    weight: 3,
    async strike(arena) {
      const wrong = pick(arena, arena.cluster.all)
      wrong.signal('SIGUSR2')
      arena.did(`moved the clock of a ${wrong.roles}`)
    },
  },
  behind: {
    weight: 1,
    async strike({ cluster, random, bus, fallBehind, did }) {
      const projectors = cluster.of('projector')
      for (const projector of projectors) await projector.keepDown()
      try {
        await fallBehind()
        did('read side far behind')
        // What it carried is stored nowhere else than in the log.
        if (random() < 0.5) {
          await bus.crash()
          did(`killed ${bus.name}`)
          await bus.up()
        }
      } finally {
        for (const projector of projectors) projector.start()
      }
    },
  },
}

export const faultNames = Object.keys(faults)

/** The faults of a round in their order: half to all of `most`, by weight, from its seed. */
export function planOf(most: number, random: () => number): string[] {
  const bag = Object.entries(faults).flatMap(([name, { weight }]) => Array<string>(weight).fill(name))
  const count = Math.ceil((most / 2) * (1 + random()))
  return Array.from({ length: count }, () => bag[Math.floor(random() * bag.length)] as string)
}

export const strike = (name: string, arena: Arena): Promise<void> => (faults[name] as Fault).strike(arena)

async function killOne({ did }: Arena, victim: RoleProcess): Promise<void> {
  await victim.kill()
  did(`killed a ${victim.roles}`)
}

const pick = <T>({ random }: Pick<Arena, 'random'>, among: readonly T[]): T => among[Math.floor(random() * among.length)] as T
