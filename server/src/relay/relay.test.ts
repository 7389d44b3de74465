import type { Entry } from '@onsale/contract/entry'
import { describe, expect, onTestFinished, test } from 'vitest'
import { type House, oneZone } from '../../test/house.ts'
import { NOW, newId, openSeatPath, type SeatPath } from '../../test/seat-path.ts'
import { until } from '../../test/until.ts'
import type { Bus, Message } from '../bus/bus.ts'
import { createMemoryBus } from '../bus/memory.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { createProjector } from '../projector/projector.ts'
import { storedPositions } from '../sql/positions.ts'
import { type Relay, type RelayOptions, startRelay } from './relay.ts'

const arena: House = oneZone('Arena', 30, 40)
/** Quick enough for tests; nothing depends on it but how long they take. */
const BRISK = { restMs: 1, gatherMs: 1, idleMs: 5, againMs: 20 }

describe('the relay', () => {
  test('publishes every entry once and trims the log, when nothing goes wrong', async () => {
    await using path = await openSeatPath(arena)
    const { relay, published, errors } = await start(path)
    await sell(path, 300)
    relay.poke()
    await caughtUp(path)
    expect(published.map(({ position }) => position)).toEqual(range(1, 300))
    await until('the log is trimmed', async () => (await path.ledger.ends()).every(({ trimmed, head }) => trimmed === head))
    expect(errors).toEqual([])
  })

  test('a message is the fact with its place in the log, whole', async () => {
    await using path = await openSeatPath(arena)
    const { published } = await start(path)
    await sell(path, 1)
    await caughtUp(path)
    const [message] = published as [Message]
    const entry = JSON.parse(message.body) as Entry
    expect(entry).toMatchObject({ shard: message.shard, position: 1, was: '.', v: 1, kind: 'SeatsSold', eventId: 'Arena', zoneId: 1 })
  })

  test('goes on with what an earlier process left in the log', async () => {
    await using path = await openSeatPath(arena)
    await sell(path, 50)
    const { published } = await start(path)
    await caughtUp(path)
    expect(published).toHaveLength(50)
  })

  test('begins behind what the read side has stored, not at the beginning of the log', async () => {
    await using path = await openSeatPath(arena)
    await sell(path, 40)
    await path.project()
    await sell(path, 3)
    const { published } = await start(path)
    await caughtUp(path)
    expect(published.map(({ position }) => position)).toEqual([41, 42, 43])
  })

  test('what a forgetting bus lost is published again until it is stored, and nothing is lost or doubled', async () => {
    await using path = await openSeatPath(arena)
    const lost = new Map<number, number>()
    const { published } = await start(path, {
      lose: ({ position }) => {
        const times = lost.get(position) ?? 0
        lost.set(position, times + 1)
        return times < position % 3
      },
    })
    await sell(path, 200)
    await caughtUp(path)
    expect(published.length).toBeGreaterThan(200)
    expect(await tickets(path)).toBe(200)
  })

  test('a bus that loses everything for a while costs a delay, never a ticket', async () => {
    await using path = await openSeatPath(arena)
    let broken = true
    const { published } = await start(path, { lose: () => broken })
    await sell(path, 20)
    await until('the same was published three times', () => published.filter(({ position }) => position === 1).length >= 3)
    expect(await tickets(path)).toBe(0)
    broken = false
    await caughtUp(path)
    expect(await tickets(path)).toBe(20)
  })

  test('what is not stored is published again after longer and longer, so that slow readers are not buried; then soon again', async () => {
    await using path = await openSeatPath(arena)
    let broken = true
    const { published } = await start(path, { lose: () => broken })
    const times = (position: number): number => published.filter((message) => message.position === position).length
    const begunAt = Date.now()
    await sell(path, 1)
    await until('it was published six times', () => times(1) >= 6)
    expect(Date.now() - begunAt).toBeGreaterThanOrEqual(BRISK.againMs * (1 + 2 + 4 + 8 + 16))
    const rests: number[] = []
    for (const position of [2, 3, 4]) {
      broken = false
      await caughtUp(path)
      broken = true
      await sell(path, 1)
      await until('the next one was published', () => times(position) === 1)
      const firstAt = Date.now()
      await until('and once more', () => times(position) === 2)
      rests.push(Date.now() - firstAt)
    }
    expect(Math.min(...rests)).toBeLessThan(BRISK.againMs * 16)
  })

  test('never trims what is not stored, also when two relays run and messages are lost', async () => {
    await using path = await openSeatPath(arena)
    const trims: [position: number, stored: number][] = []
    const watched: Ledger = {
      ...path.ledger,
      async trim(upTo) {
        trims.push([upTo.position, (await storedPositions(path.sql)).get(upTo.shard) ?? 0])
        await path.ledger.trim(upTo)
      },
    }
    const known = new Set<number>()
    const loseOnce = ({ position }: Message): boolean => position % 4 === 0 && known.size !== known.add(position).size
    await start(path, { ledger: watched, lose: loseOnce })
    await start(path, { ledger: watched, projects: false })
    for (let i = 0; i < 10; i++) await sell(path, 20)
    await caughtUp(path)
    await until('it trimmed', () => trims.length > 0)
    expect(trims.filter(([position, stored]) => position > stored)).toEqual([])
    expect(await tickets(path)).toBe(200)
  })

  test('keeps no more than its window on the way', async () => {
    await using path = await openSeatPath(arena)
    await sell(path, 300)
    const { published } = await start(path, { lose: () => true, batch: 10, window: 50, againMs: 60_000 })
    await until('the window is full', () => published.length >= 50)
    await until('more rounds went by', async () => (await path.ledger.ends()).length > 0)
    expect(published.length).toBeLessThan(60)
  })

  test('publishes together what it reads in parts, so that it is stored together', async () => {
    await using path = await openSeatPath(arena)
    await sell(path, 100)
    const before: number[] = []
    const relay = await start(path, { batch: 10, together: 40, beforePublish: async () => void before.push(relay.published.length) })
    await caughtUp(path)
    expect(before).toEqual([0, 40, 80])
    expect(relay.errors).toEqual([])
  })

  test('an error of bus, ledger or read side is told and tried again', async () => {
    await using path = await openSeatPath(arena)
    let failures = 3
    const { errors } = await start(path, {
      stored: () => (failures-- > 0 ? Promise.reject(new Error('the database is away')) : storedPositions(path.sql)),
    })
    await sell(path, 5)
    await caughtUp(path)
    expect(errors.map(String)).toEqual(Array(3).fill('Error: the database is away'))
  })

  test('stops at once while it rests, and publishes nothing afterwards', async () => {
    await using path = await openSeatPath(arena)
    const { relay, published } = await start(path, { idleMs: 3_600_000, restMs: 3_600_000 })
    await relay.stop()
    const before = published.length
    await sell(path, 3)
    relay.poke()
    await new Promise((resolve) => setImmediate(resolve))
    expect(published.length).toBe(before)
  })

  test('stops while it publishes: what is on its way is finished, the rest stays in the log', async () => {
    await using path = await openSeatPath(arena)
    await sell(path, 100)
    const entered = Promise.withResolvers<void>()
    const finish = Promise.withResolvers<void>()
    const { relay, published } = await start(path, {
      batch: 10,
      together: 10,
      lose: () => true,
      beforePublish: () => {
        entered.resolve()
        return finish.promise
      },
    })
    await entered.promise
    const stopped = relay.stop()
    finish.resolve()
    await stopped
    expect(published).toHaveLength(10)
    expect(await path.ledger.ends()).toMatchObject([{ trimmed: 0, head: 100 }])
  })

  test('stops although the projector keeps failing and the bus has room no more: everything stays in the log', async () => {
    await using path = await openSeatPath(arena)
    await sell(path, 1000)
    const { relay, published, errors } = await start(path, { fails: true })
    // Nothing is stored, so all is published again and again, until the bus, which takes 8,000, makes the relay wait.
    await until('the relay waits for room', () => published.length === 9000)
    await relay.stop()
    expect(published).toHaveLength(9000)
    expect(errors.map(String)).toContain('Error: the database is away')
    expect(await path.ledger.ends()).toMatchObject([{ trimmed: 0, head: 1000 }])
  })

  test('is woken by a poke, however long it would have rested', async () => {
    await using path = await openSeatPath(arena)
    const { relay } = await start(path, { idleMs: 3_600_000 })
    await sell(path, 1)
    await until('it is stored', async () => {
      relay.poke()
      return (await storedPositions(path.sql)).get('0') === 1
    })
  })
})

describe('a relay of several shards', () => {
  /** A ledger with so many entries in each shard; what each is read and what is published of it, in turns. */
  function shardsOf(heads: Record<string, number>, unreadable?: string) {
    const reads: string[] = []
    const turns: string[][] = []
    const errors: unknown[] = []
    const stored = new Map<string, number>()
    const ledger = {
      ends: async () => Object.entries(heads).map(([shard, head]) => ({ shard, trimmed: stored.get(shard) ?? 0, head })),
      async read({ shard, after, limit }) {
        reads.push(shard)
        if (shard === unreadable) throw new Error('shard is away')
        const last = Math.min(heads[shard] as number, after + limit)
        return range(after + 1, last).map((position) => ({ shard, position, body: '{}' }))
      },
      trim: async () => undefined,
    } satisfies Pick<Ledger, 'ends' | 'read' | 'trim'>
    const publish = async (messages: readonly Message[]): Promise<void> =>
      void turns.push(messages.map(({ shard, position }) => `${shard}${position}`))
    const run = (options: Partial<RelayOptions>): Relay => {
      const bus = { publish }
      const onError = (error: unknown): unknown => errors.push(error)
      const relay = startRelay({
        ledger: ledger as unknown as Ledger,
        bus,
        stored: async () => stored,
        onError,
        ...BRISK,
        againMs: 60_000,
        ...options,
      })
      onTestFinished(relay.stop)
      return relay
    }
    return { reads, turns, errors, stored, run }
  }
  const named = (shard: string, from: number, to: number): string[] => range(from, to).map((position) => `${shard}${position}`)

  test('publishes what has come of all of them together, each entry once, and of none more than its window', async () => {
    const { turns, stored, run } = shardsOf({ a: 7, b: 2, c: 12 })
    run({ batch: 5, together: 100, window: 10 })
    await until('the windows are full', () => turns.flat().length === 19)
    expect(turns).toEqual([[...named('a', 1, 7), ...named('b', 1, 2), ...named('c', 1, 10)]])
    for (const [shard, position] of [
      ['a', 7],
      ['b', 2],
      ['c', 10],
    ] as const)
      stored.set(shard, position)
    await until('the rest is published', () => turns.flat().length === 21)
    expect(turns[1]).toEqual(named('c', 11, 12))
  })

  test('takes turns where there is more than goes together', async () => {
    const { turns, run } = shardsOf({ a: 6, b: 3 })
    run({ batch: 2, together: 4, window: 100 })
    await until('all is published', () => turns.flat().length === 9)
    expect(turns).toEqual([named('a', 1, 4), [...named('a', 5, 6), ...named('b', 1, 2)], named('b', 3, 3)])
  })

  test('one that cannot be read is told, and holds up no other', async () => {
    const { turns, errors, run } = shardsOf({ a: 3, b: 3, c: 3 }, 'b')
    run({ together: 100 })
    await until('it is told', () => errors.length > 0)
    expect(turns.flat()).toEqual([...named('a', 1, 3), ...named('c', 1, 3)])
    expect(errors[0]).toMatchObject({ message: 'shard is away' })
  })

  test('that is stopped while it publishes reads no more', async () => {
    const { reads, run } = shardsOf({ a: 10, b: 10 })
    const entered = Promise.withResolvers<void>()
    const bus = {
      publish: () => {
        entered.resolve()
        return new Promise<void>(() => {})
      },
    }
    let told = 0
    const relay = run({ bus, together: 5, batch: 5, onPublished: (entries) => (told += entries) })
    await entered.promise
    const before = reads.length
    await relay.stop()
    expect([reads.length, told]).toEqual([before, 0])
  })
})

type Setup = Partial<Pick<RelayOptions, 'ledger' | 'stored' | 'batch' | 'together' | 'window' | 'idleMs' | 'restMs' | 'againMs'>> & {
  /** Whether the bus forgets this message. */
  lose?: (message: Message) => boolean
  beforePublish?: () => Promise<void>
  projects?: boolean
  /** Whether the projector throws whatever it is given. */
  fails?: boolean
}

/** A relay over the real ledger and a bus that can forget, with the real projector behind it. */
async function start(
  path: SeatPath,
  { lose = () => false, beforePublish, projects = true, fails = false, ...options }: Setup = {},
): Promise<{ relay: Relay; published: Message[]; errors: unknown[] }> {
  const published: Message[] = []
  const errors: unknown[] = []
  const carrier = createMemoryBus((error) => errors.push(error))
  const bus: Bus = {
    ...carrier,
    async publish(messages) {
      await beforePublish?.()
      published.push(...messages)
      await carrier.publish(messages.filter((message) => !lose(message)))
    },
  }
  const projector = createProjector(path.sql)
  const project = async (bodies: string[]) => {
    if (fails) throw new Error('the database is away')
    await projector.project(bodies, NOW)
  }
  if (projects) await bus.subscribe('sql', project)
  const stored = () => storedPositions(path.sql)
  const relay = startRelay({ ledger: path.ledger, bus, stored, onError: (error) => errors.push(error), ...BRISK, ...options })
  onTestFinished(async () => {
    await relay.stop()
    await bus.close()
  })
  return { relay, published, errors }
}

/** So many seats of the arena, one after the other. */
async function sell({ commands }: SeatPath, count: number): Promise<void> {
  const wish = { venueId: 'Arena', eventId: 'Arena', quantity: 1 }
  await Promise.all(range(1, count).map(() => commands.sell(wish, { at: NOW, newId })))
}

async function caughtUp({ ledger, sql }: SeatPath): Promise<void> {
  await until('the read side has the whole log', async () => {
    const stored = await storedPositions(sql)
    return (await ledger.ends()).every(({ shard, head }) => stored.get(shard) === head)
  })
}

async function tickets({ sql }: SeatPath): Promise<number> {
  return (await sql.db.selectFrom('tickets').select('ticket_id').execute()).length
}

const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i)
