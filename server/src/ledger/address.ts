/** Where a ledger on Redis is, as its address says. */

import type { Place } from './ledger.ts'

export type RedisPlace = {
  hosts: { host: string; port: number }[]
  isCluster: boolean
  isEncrypted: boolean
  username: string | undefined
  password: string | undefined
  database: number
  prefix: string
  shards: number
}

/** `redis[s]://[user:password@]host[:port][,host:port...][/database][?shards=8&prefix=onsale&cluster=yes]`; several hosts are a cluster. */
export function parseRedisUrl(url: string): RedisPlace {
  const [, scheme, login, hosts, database, query] = /^(rediss?):\/\/(?:(.*)@)?([^/?]+)(?:\/(\d*))?(?:\?(.*))?$/.exec(url) ?? []
  if (!hosts) throw new Error('The address of Redis reads redis://host:port, or rediss://user:password@host:port.')
  const options = new URLSearchParams(query)
  const shards = Number(options.get('shards') ?? 8)
  if (!Number.isInteger(shards) || shards < 1 || shards > 1024) throw new Error('The shards of a ledger in Redis are 1 to 1024.')
  const prefix = options.get('prefix') ?? 'onsale'
  if (!/^[\w:.-]{1,100}$/.test(prefix)) throw new Error('The prefix of a ledger in Redis has letters, digits and -_.: only.')
  const [user, password] = login?.match(/^([^:]*):?(.*)$/)?.slice(1) ?? []
  return {
    hosts: hosts.split(',').map(hostOf),
    isCluster: hosts.includes(',') || options.get('cluster') === 'yes',
    isEncrypted: scheme === 'rediss',
    username: user ? decodeURIComponent(user) : undefined,
    password: password ? decodeURIComponent(password) : undefined,
    database: Number(database || 0),
    prefix,
    shards,
  }
}

function hostOf(text: string): { host: string; port: number } {
  const { hostname, port } = new URL(`redis://${text}`)
  return { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || 6379) }
}

/** What to start with, in words for a person. */
export const settingsFor = ({ ledgerUrl, databaseUrl, busUrl }: Place): string =>
  `LEDGER_URL=${ledgerUrl}, DATABASE_URL=${databaseUrl} and BUS_URL=${busUrl}`
