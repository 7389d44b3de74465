import { expect, test } from 'vitest'
import { until } from '../../test/until.ts'
import { busConformance, createInbox, many } from './bus.conformance.ts'
import { createMemoryBus } from './memory.ts'

busConformance('in-process', async () => createMemoryBus())

test('publishing waits while a subscriber is behind, and goes on when it has caught up', async () => {
  const bus = createMemoryBus()
  const inbox = createInbox()
  const open = Promise.withResolvers<void>()
  await bus.subscribe('sql', async (bodies) => {
    await open.promise
    await inbox.deliver(bodies)
  })
  let published = 0
  const publishing = (async () => {
    for (; published < 50; published++) await bus.publish(many(50_000).slice(published * 1000, published * 1000 + 1000))
  })()
  // Whatever does not wait is done before a macrotask.
  await new Promise((resolve) => setImmediate(resolve))
  expect(published).toBeGreaterThan(0)
  expect(published).toBeLessThan(20)
  open.resolve()
  await publishing
  await inbox.holds(many(50_000))
  await bus.close()
})

test('a publisher that waits is let go when the bus closes, or when the subscriber leaves', async () => {
  for (const end of ['close', 'leave'] as const) {
    const bus = createMemoryBus()
    const finish = Promise.withResolvers<void>()
    const subscription = await bus.subscribe('sql', () => finish.promise)
    await bus.publish(many(10_000))
    const waiting = bus.publish(many(1))
    const ended = end === 'close' ? bus.close() : subscription[Symbol.asyncDispose]()
    await waiting
    finish.resolve()
    await ended
    await bus.close()
  }
})

test('messages of one shard arrive in their order', async () => {
  const bus = createMemoryBus()
  const arrived: string[] = []
  await bus.subscribe('sql', async (bodies) => void arrived.push(...bodies))
  for (const message of many(300)) await bus.publish([message])
  await until('all arrived', () => arrived.length === 300)
  expect(arrived).toEqual(many(300).map(({ body }) => body))
  await bus.close()
})

test('every failure is told', async () => {
  const told: unknown[] = []
  const bus = createMemoryBus((error) => told.push(error))
  let failures = 2
  await bus.subscribe('sql', async () => {
    if (failures-- > 0) throw new Error(`failure ${2 - failures}`)
  })
  await bus.publish(many(1))
  await until('it was taken', () => failures < 0)
  expect(told.map(String)).toEqual(['Error: failure 1', 'Error: failure 2'])
  await bus.close()
})
