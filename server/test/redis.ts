/** A ledger of its own on the Redis that the environment names: a prefix, whose keys are deleted when the tests of the file have ended. */
import { randomUUID } from 'node:crypto'
import { Redis } from 'ioredis'
import { afterAll } from 'vitest'
import { serverOf } from './outside.ts'

export type RedisPlace = {
  /** For LEDGER_URL. */
  url: string
  /** As FLUSHALL would, for this ledger alone. */
  empty(): Promise<void>
  keys(): Promise<string[]>
}

/** Of a server that nobody else uses: everything is gone, functions stay. */
export async function flushAll(server: string): Promise<void> {
  const redis = new Redis(server)
  await redis.flushall()
  redis.disconnect()
}

/** Undefined where no server is named. */
export function redisLedgers(): (() => RedisPlace) | undefined {
  const server = serverOf('REDIS_URL')
  if (!server) return undefined
  const redis = new Redis(server)
  const places: RedisPlace[] = []
  afterAll(async () => {
    for (const place of places) await place.empty()
    redis.disconnect()
  })
  return () => {
    const prefix = `test-${randomUUID().slice(0, 8)}`
    const keys = () => redis.keys(`${prefix}:*`)
    const place: RedisPlace = {
      url: `${server}?prefix=${prefix}`,
      keys,
      async empty() {
        for (const key of await keys()) await redis.unlink(key)
      },
    }
    places.push(place)
    return place
  }
}
