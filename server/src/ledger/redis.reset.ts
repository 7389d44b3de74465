/** Forgets a ledger on Redis, while nobody else uses it. */
import { once } from 'node:events'
import { Cluster, type Redis } from 'ioredis'
import { parseRedisUrl, type RedisPlace } from './address.ts'
import { connect } from './redis.client.ts'

const SILENCE_MS = 5000
const KEYS_AT_ONCE = 1000

/** How many keys there were. */
export function emptyRedisLedger(url: string): Promise<number> {
  return atMasters(url, async (masters, place) => {
    await refuseUsers(masters, place)
    // The heads of the logs first: should this end in between, the read side is ahead of every shard, and nothing is sold until it is run again.
    let keys = await forget(masters, await keysLike(masters, `${place.prefix}:{*}`))
    keys += await forget(masters, await keysLike(masters, `${place.prefix}:{*}:*`))
    return keys + (await forget(masters, await keysLike(masters, `${place.prefix}:shards`)))
  })
}

/** Throws while another process has the ledger open. */
export const refuseUsedRedis = (url: string): Promise<void> => atMasters(url, refuseUsers)

async function atMasters<T>(url: string, work: (masters: readonly Redis[], place: RedisPlace) => Promise<T>): Promise<T> {
  const place = parseRedisUrl(url)
  const redis = connect(place, SILENCE_MS)
  const answered = once(redis, 'ready').catch((error: Error) => {
    throw new Error(`Redis does not answer (${error.message}).`, { cause: error })
  })
  redis.on('error', () => {})
  try {
    await answered
    return await work(redis instanceof Cluster ? redis.nodes('master') : [redis], place)
  } finally {
    redis.disconnect()
  }
}

/** Every process of ours gives its connections a name. */
async function refuseUsers(masters: readonly Redis[], { prefix }: RedisPlace): Promise<void> {
  for (const master of masters) {
    const own = await master.client('ID')
    const clients = String(await master.client('LIST')).split('\n')
    const others = clients.filter((line) => line.includes(` name=onsale-ledger-${prefix} `) && !line.startsWith(`id=${own} `))
    if (others.length > 0) throw new Error(`The ledger ${prefix} is in use by another process: ${addressOf(others[0] as string)}.`)
  }
}

const addressOf = (client: string): string => / addr=(\S+)/.exec(client)?.[1] ?? 'of unknown address'

/** The keys of each master. */
function keysLike(masters: readonly Redis[], pattern: string): Promise<string[][]> {
  return Promise.all(
    masters.map(async (master) => {
      const found: string[] = []
      for (let cursor = '0', isFirst = true; isFirst || cursor !== '0'; isFirst = false) {
        const [next, keys] = await master.scan(cursor, 'MATCH', pattern, 'COUNT', KEYS_AT_ONCE)
        found.push(...keys)
        cursor = next
      }
      return found
    }),
  )
}

/** Each by itself: a cluster takes one slot a command. */
async function forget(masters: readonly Redis[], keys: readonly string[][]): Promise<number> {
  for (const [i, master] of masters.entries())
    for (let from = 0; from < (keys[i]?.length ?? 0); from += KEYS_AT_ONCE) {
      const pipeline = master.pipeline()
      for (const key of keys[i]?.slice(from, from + KEYS_AT_ONCE) ?? []) pipeline.unlink(key)
      for (const [error] of (await pipeline.exec()) ?? []) if (error) throw error
    }
  return new Set(keys.flat()).size
}
