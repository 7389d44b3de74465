/** Judges what every bus outside the process does with messages that are refused. */
import { connect, createServer, type Server } from 'node:net'
import { hostname } from 'node:os'
import { replayedBody } from '@onsale/contract/entry'
import type { EventDetail } from '@onsale/contract/events'
import { describe, expect, test } from 'vitest'
import { event, HALL } from '../../test/house.ts'
import { startTestPlatform } from '../../test/platform.ts'
import { until } from '../../test/until.ts'
import { createInbox, many } from './bus.conformance.ts'
import type { Bus, DeadLetters } from './bus.ts'

const POISON = '{"position":5}'

/** Refuses every delivery that has a poisoned message in it. */
function refusing(inbox: ReturnType<typeof createInbox>, poison: Set<string>) {
  return async (bodies: string[]): Promise<void> => {
    if (bodies.some((body) => poison.has(body))) throw new Error('column "seat" is too short')
    await inbox.deliver(bodies)
  }
}

/** `open` gives a bus on places of its own with three tries and short rests. */
export function outsideBusConformance(name: string, open: (onError?: (error: unknown) => void) => Promise<Bus>): void {
  describe(`${name} bus, refused messages`, () => {
    test('a poisoned message is set aside after its tries with its error, and the others arrive meanwhile', async () => {
      const bus = await open()
      const { list, count, purge } = bus.deadLetters as DeadLetters
      const inbox = createInbox()
      await bus.subscribe('sql', refusing(inbox, new Set([POISON])))
      const others = many(60).filter(({ body }) => body !== POISON)
      await bus.publish(many(60))
      await inbox.holds(others)
      const letters = await until('the dead letter', async () => {
        const found = await list('sql')
        return found.length > 0 && found
      })
      const [{ setAsideOn = '', ...letter } = {}] = letters
      expect(letter).toEqual({ shard: '1', body: POISON, error: 'column "seat" is too short', tries: 3, by: hostname() })
      expect(Math.abs(Date.parse(setAsideOn) - Date.now())).toBeLessThan(60_000)
      expect(letters).toHaveLength(1)
      // The relay publishes again what is not stored: it is set aside once.
      await bus.publish([{ shard: '1', position: 5, body: POISON }])
      await bus.publish([{ shard: '1', position: 61, body: '{"position":61}' }])
      await until('what came later arrived', () => inbox.bodies.has('{"position":61}'))
      expect(await list('sql')).toHaveLength(1)
      expect(await count('sql')).toBe(1)
      expect(await purge('sql')).toBe(1)
      expect(await list('sql')).toEqual([])
      expect(await count('sql')).toBe(0)
      await bus.close()
    })

    test('replaying carries a dead letter to its group once, which hears that it is one, and takes it off the list', async () => {
      const bus = await open()
      const { list, replay } = bus.deadLetters as DeadLetters
      const [sql, search] = [createInbox(), createInbox()]
      const poison = new Set([POISON])
      let searched = 0
      const replayed: string[] = []
      await bus.subscribe('sql', (bodies) => {
        replayed.push(...bodies.flatMap((body) => replayedBody(body) ?? []))
        return refusing(sql, poison)(bodies.map((body) => replayedBody(body) ?? body))
      })
      await bus.subscribe('search', async (bodies) => {
        searched += bodies.filter((body) => body === POISON).length
        await search.deliver(bodies)
      })
      await bus.publish(many(30))
      await until('the dead letter', async () => (await list('sql')).length === 1)
      poison.clear()
      expect(await replay('sql')).toBe(1)
      await sql.holds(many(30))
      expect(replayed).toEqual([POISON])
      expect(await list('sql')).toEqual([])
      expect(await replay('sql')).toBe(0)
      await bus.publish([{ shard: '1', position: 31, body: '{"position":31}' }])
      await until('what came later arrived', () => search.bodies.has('{"position":31}'))
      expect(searched).toBe(1)
      await bus.close()
    })

    test('emptied, it forgets what nobody has taken, dead letters too, and carries what comes next', async () => {
      const bus = await open()
      const { list } = bus.deadLetters as DeadLetters
      const inbox = createInbox()
      const subscription = await bus.subscribe('sql', refusing(inbox, new Set([POISON])))
      await bus.publish(many(30))
      await until('the dead letter', async () => (await list('sql')).length === 1)
      await subscription[Symbol.asyncDispose]()
      await bus.publish([{ shard: '1', position: 31, body: '{"position":31}' }])
      const emptied = (await bus.empty?.('sql')) ?? []
      expect(emptied).toHaveLength(2)
      expect(emptied.map(({ messages }) => messages)).toEqual([expect.any(Number), 1])
      expect(emptied[0]?.messages).toBeGreaterThan(0)
      expect(await list('sql')).toEqual([])
      await bus.subscribe('sql', inbox.deliver)
      await bus.publish([{ shard: '1', position: 32, body: '{"position":32}' }])
      await until('what came next arrived', () => inbox.bodies.has('{"position":32}'))
      expect(inbox.bodies.has('{"position":31}')).toBe(false)
      await bus.close()
    })

    test('while everything is refused nothing is set aside, and nothing is lost', async () => {
      const told: unknown[] = []
      const bus = await open((error) => told.push(error))
      const inbox = createInbox()
      let isAway = false
      let refused = 0
      await bus.subscribe('sql', async (bodies) => {
        if (isAway) {
          refused++
          throw new Error('the database is away')
        }
        await inbox.deliver(bodies)
      })
      await bus.publish(many(20))
      await inbox.holds(many(20))
      isAway = true
      await bus.publish(many(120).slice(20))
      // More refusals than three tries of a message take.
      await until('it was refused often', () => refused > 12)
      expect(await bus.deadLetters?.list('sql')).toEqual([])
      isAway = false
      await inbox.holds(many(120))
      expect(await bus.deadLetters?.list('sql')).toEqual([])
      expect(told.every((error) => String(error).includes('away'))).toBe(true)
      await bus.close()
    })

    test('what passes only as a repeat does not condemn what is new', async () => {
      const bus = await open()
      const inbox = createInbox()
      let isMigrated = false
      let refused = 0
      await bus.subscribe('sql', async (bodies) => {
        if (!isMigrated && bodies.some((body) => !inbox.bodies.has(body)) && inbox.bodies.size === 20) {
          refused++
          throw new Error('no such column')
        }
        await inbox.deliver(bodies)
      })
      await bus.publish(many(20))
      await inbox.holds(many(20))
      await bus.publish(many(40).slice(20))
      await until('each was refused more often than it may', () => refused > 20 * 5)
      expect(await bus.deadLetters?.list('sql')).toEqual([])
      isMigrated = true
      await inbox.holds(many(40))
      await bus.close()
    })
  })
}

/** `at` gives a bus whose server is at a port of this machine; there is none at first, then the real one. */
export function outsideBusWaitsForItsServer(name: string, real: { host: string; port: number }, at: (port: number) => Bus): void {
  test(`a subscription to ${name} outlives a server that is away when it begins, and says so`, { timeout: 90_000 }, async () => {
    const door = createServer((socket) => {
      const way = connect(real.port, real.host)
      for (const [one, other] of [[socket, way] as const, [way, socket] as const]) one.on('error', () => other.destroy()).pipe(other)
    })
    const port = await listening(door, 0)
    await new Promise((resolve) => door.close(resolve))
    const bus = at(port)
    const inbox = createInbox()
    const subscription = await bus.subscribe('sql', inbox.deliver)
    expect(subscription.fault()).toMatch(/./)
    await listening(door, port)
    await until('it is received from', () => subscription.fault() === undefined, 60_000)
    await bus.publish(many(3))
    await inbox.holds(many(3))
    await bus.close()
    door.close()
  })
}

async function listening(server: Server, port: number): Promise<number> {
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  return (server.address() as { port: number }).port
}

/** The whole product with that bus between ledger and read side. */
export function outsideBusCarriesSales(name: string, newUrl: () => string): void {
  test(`tickets that are sold become visible through ${name}`, async () => {
    const onsale = await startTestPlatform({ house: { venues: [HALL], events: [event('Play')] }, env: { BUS_URL: newUrl() } })
    const sold = await Promise.all(
      Array.from({ length: 100 }, () => onsale.buy({ venueId: 'Hall', eventId: 'Play', zoneId: 3, quantity: 1 })),
    )
    expect(sold.filter(({ status }) => status < 300)).toHaveLength(100)
    await onsale.settle()
    const { zones } = await onsale.read<EventDetail>('/query/api/v1/events/Play')
    expect(zones.find(({ zoneId }) => zoneId === 3)).toMatchObject({ sold: 100, available: 200 })
    await onsale.stop()
  })
}
