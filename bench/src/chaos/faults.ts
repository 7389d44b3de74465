/** What is done to a cluster while it sells. A plan of the seed says what comes when; each fault ends with everything back as it was. */
import { setTimeout as wait } from 'node:timers/promises'
import type { Cluster, RoleProcess } from './cluster.ts'
import type { FaultyWire } from './proxy.ts'
import type { ServerName } from './servers.ts'

/** Where the roles go to, each by a wire of its own. */
export type PlaceName = 'ledger' | 'bus' | 'database'
export type Engine = { name: ServerName; crash(): Promise<void>; up(): Promise<void> }

export type Arena = {
  cluster: Cluster
  random: () => number
  engines: Record<PlaceName, Engine>
  wires: Record<PlaceName, FaultyWire>
  /** Sells until the read side, which is stopped, is as far behind as the round wants it; once a round. Returns how many entries. */
  fallBehind(): Promise<number>
  /** Counts what was done, for the report. */
  did(what: string, times?: number): void
}

/** An engine is away for so long at most, beside the time of its start; a wire is bad, a process stopped. */
const MOST_MS = { away: 1000, slow: 1500, late: 300, deaf: 400, frozen: 1500 }
/**
 * A ghost works on a slow wire, so that it is in the midst of something, and is away for longer than Kafka's session of 6 s: when it wakes,
 * others have begun with what it had begun.
 */
const GHOST = { lateMs: 100, beforeMs: 800, awayMs: 8500, afterMs: 1000 }

/** Who is killed in the midst works so long on a wire that is so late. */
const MIDST = { lateMs: 50, mostMs: 400 }

type Fault = { weight: number; strike(arena: Arena): Promise<void> }

const faults: Record<string, Fault> = {
  'kill-purchase': { weight: 3, strike: (arena) => killOne(arena, pick(arena, arena.cluster.of('purchase'))) },
  'kill-projector': { weight: 3, strike: (arena) => killOne(arena, pick(arena, arena.cluster.of('projector'))) },
  'kill-query': { weight: 1, strike: (arena) => killOne(arena, pick(arena, arena.cluster.of('query'))) },
  ...onPlace('ledger'),
  ...onPlace('bus'),
  ...onPlace('database'),
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
  ghost: {
    weight: 1,
    async strike(arena) {
      const ghost = pick(arena, [...arena.cluster.of('projector'), ...arena.cluster.of('purchase')])
      const wire = wireOf(arena, ghost)
      wire.delay(GHOST.lateMs)
      await wait(GHOST.beforeMs)
      ghost.signal('SIGSTOP')
      arena.did(`made a ghost of a ${ghost.roles}`)
      await wait(GHOST.awayMs)
      ghost.signal('SIGCONT')
      await wait(GHOST.afterMs)
      wire.delay(0)
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
    async strike({ cluster, random, engines: { bus }, fallBehind, did }) {
      const projectors = cluster.of('projector')
      for (const projector of projectors) await projector.keepDown()
      try {
        did('entries that the read side was behind', await fallBehind())
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

/** What happens to an engine and to the way there. */
function onPlace(place: PlaceName): Record<string, Fault> {
  return {
    [`crash-${place}`]: {
      weight: 2,
      async strike(arena) {
        const engine = arena.engines[place]
        await engine.crash()
        arena.did(`killed ${engine.name}`)
        await wait(arena.random() * MOST_MS.away)
        if (arena.random() < 0.4) await killOne(arena, pick(arena, arena.cluster.all))
        await engine.up()
      },
    },
    [`cut-${place}`]: {
      weight: 1,
      strike: async ({ wires, did }) => did(`cut connections to the ${place}`, wires[place].cut()),
    },
    [`swallow-${place}`]: {
      weight: place === 'ledger' ? 3 : 1,
      strike: async ({ wires, random, did }) => did(`lost answers of the ${place}`, await wires[place].swallow(random() * MOST_MS.deaf)),
    },
    [`slow-${place}`]: {
      weight: 1,
      async strike({ wires, random, did }) {
        wires[place].delay(random() * MOST_MS.late)
        did(`slowed the ${place}`)
        await wait(random() * MOST_MS.slow)
        if (random() < 0.3) wires[place].cut()
        wires[place].delay(0)
      },
    },
  }
}

export const faultNames = Object.keys(faults)

/** The faults of a round in their order: half to all of `most`, by weight, from its seed. */
export function planOf(most: number, random: () => number): string[] {
  const bag = Object.entries(faults).flatMap(([name, { weight }]) => Array<string>(weight).fill(name))
  const count = Math.ceil((most / 2) * (1 + random()))
  return Array.from({ length: count }, () => bag[Math.floor(random() * bag.length)] as string)
}

export const strike = (name: string, arena: Arena): Promise<void> => (faults[name] as Fault).strike(arena)

/** Every second one in the midst of something: transactions and batches of some ms are hardly ever met otherwise. */
async function killOne(arena: Arena, victim: RoleProcess): Promise<void> {
  const wire = wireOf(arena, victim)
  if (arena.random() < 0.5) {
    wire.delay(MIDST.lateMs)
    await wait(arena.random() * MIDST.mostMs)
  }
  await victim.kill()
  wire.delay(0)
  arena.did(`killed a ${victim.roles}`)
}

/** Where it does what must be done wholly or not at all. */
const wireOf = ({ wires }: Arena, { roles }: RoleProcess): FaultyWire => wires[roles === 'projector' ? 'database' : 'ledger']

const pick = <T>({ random }: Pick<Arena, 'random'>, among: readonly T[]): T => among[Math.floor(random() * among.length)] as T
