/** Judges every bus. It may repeat and disorder what it carries, so the suite asks what arrived, never how often or in which order. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { until } from '../../test/until.ts'
import type { Bus, Message } from './bus.ts'

export function busConformance(name: string, open: () => Promise<Bus>): void {
  describe(`${name} bus`, () => {
    let bus: Bus
    beforeEach(async () => {
      bus = await open()
    })
    afterEach(() => bus.close())

    test('carries every message to its subscriber, to the character', async () => {
      const inbox = createInbox()
      await using _ = await bus.subscribe('sql', inbox.deliver)
      const messages = [
        ...many(500),
        { shard: 'b', position: 1, body: '{"text":"é 🎟 \\" \\n"}' },
        { shard: 'b', position: 2, body: `"${'x'.repeat(60_000)}"` },
      ]
      for (let i = 0; i < messages.length; i += 100) await bus.publish(messages.slice(i, i + 100))
      await inbox.holds(messages)
    })

    test('gives every group every message', async () => {
      const [sql, search] = [createInbox(), createInbox()]
      await using _sql = await bus.subscribe('sql', sql.deliver)
      await using _search = await bus.subscribe('search', search.deliver)
      await bus.publish(many(50))
      await sql.holds(many(50))
      await search.holds(many(50))
    })

    test('a group that fails does not hold up another', async () => {
      const search = createInbox()
      await using _sql = await bus.subscribe('sql', () => Promise.reject(new Error('the database is away')))
      await using _search = await bus.subscribe('search', search.deliver)
      await bus.publish(many(50))
      await search.holds(many(50))
    })

    test('what is rejected is delivered again until it is taken, and what came after it is not lost', async () => {
      const inbox = createInbox()
      let failures = 2
      const flaky = async (bodies: string[]): Promise<void> => {
        if (failures-- > 0) throw new Error('the database is away')
        await inbox.deliver(bodies)
      }
      await using _ = await bus.subscribe('sql', flaky)
      await bus.publish(many(20))
      await bus.publish(many(40).slice(20))
      await inbox.holds(many(40))
    })

    test('of two subscribers of a group each message reaches one, and none is lost', async () => {
      const inbox = createInbox()
      await using _one = await bus.subscribe('sql', inbox.deliver)
      await using _two = await bus.subscribe('sql', inbox.deliver)
      await bus.publish(many(200))
      await inbox.holds(many(200))
    })

    test('what a subscriber could not take when it left, another of its group gets', async () => {
      const inbox = createInbox()
      const first = await bus.subscribe('sql', () => Promise.reject(new Error('stopping')))
      await using _ = await bus.subscribe('sql', inbox.deliver)
      await bus.publish(many(30))
      await first[Symbol.asyncDispose]()
      await inbox.holds(many(30))
    })

    test('leaving waits for the delivery under way, and is the end of deliveries', async () => {
      const started = Promise.withResolvers<void>()
      const finish = Promise.withResolvers<void>()
      const steps: string[] = []
      const subscription = await bus.subscribe('sql', async () => {
        steps.push('began')
        started.resolve()
        await finish.promise
        steps.push('ended')
      })
      await bus.publish(many(1))
      await started.promise
      const left = subscription[Symbol.asyncDispose]().then(() => steps.push('left'))
      await bus.publish(many(2))
      finish.resolve()
      await left
      expect(steps).toEqual(['began', 'ended', 'left'])
    })

    test('closing ends a publisher that waits, and a retry that is due later', async () => {
      let attempts = 0
      await bus.subscribe('sql', async () => {
        attempts++
        throw new Error('the database is away')
      })
      await bus.publish(many(10))
      await until('it was tried', () => attempts > 0)
      await bus.close()
      const tried = attempts
      await bus.publish(many(10)).catch(() => undefined)
      expect(attempts).toBe(tried)
    })

    test('nobody listens: publishing does not wait', async () => {
      await bus.publish(many(10))
    })
  })
}

export const many = (count: number): Message[] =>
  Array.from({ length: count }, (_, i) => ({ shard: `${i % 3}`, position: i + 1, body: `{"position":${i + 1}}` }))

export function createInbox() {
  const bodies = new Set<string>()
  return {
    bodies,
    deliver: async (delivered: string[]): Promise<void> => {
      for (const body of delivered) bodies.add(body)
    },
    async holds(messages: readonly Message[]): Promise<void> {
      await until(`${messages.length} messages arrived`, () => messages.every(({ body }) => bodies.has(body)))
      expect(bodies.size).toBe(messages.length)
    },
  }
}
