/** Redis as the ledger: the suite of every adapter, and what only Redis does. */
import { randomUUID } from 'node:crypto'
import { describe } from 'vitest'
import { ledgerConformance } from './ledger.conformance.ts'
import { openRedisLedger } from './redis.ts'

const { REDIS_URL, REDIS_CLUSTER_URL } = process.env

for (const [name, url] of [
  ['Redis', REDIS_URL],
  ['Redis Cluster', REDIS_CLUSTER_URL],
] as const) {
  ledgerConformance(name, async () => {
    const place = `${url}?prefix=t-${randomUUID()}`
    return { url: place, open: (limits) => openRedisLedger({ url: place, ...limits }) }
  })
}
