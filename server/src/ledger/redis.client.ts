/**
 * The way to Redis: one server or a cluster, the ledger's functions in it, and asking again when an answer is lost.
 *
 * Every question may be asked again: reads change nothing, `open` and `trim` do the same twice, and a commit carries the number of its batch,
 * which the functions remember. So ioredis itself repeats nothing, and `ask` knows which question may have been heard before.
 */
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { Cluster, Redis } from 'ioredis'
import type { RedisPlace } from './address.ts'
import { LedgerBusy, LedgerUnsure } from './ledger.ts'

type Argument = string | number | Buffer

export type RedisClient = {
  /** Asks a function until it answers. Rejects with LedgerBusy when nothing was done, and with LedgerUnsure when that is not known. */
  ask(base: string, question: (isRepeat: boolean) => Argument[]): Promise<unknown>
  /** For a buyer, who waits: gives up within `buyerMs`, and at once while this base is known not to answer. */
  askForBuyer(base: string, question: (isRepeat: boolean) => Argument[]): Promise<unknown>
  /** Sets a key that is new, and returns what it has. */
  setOnce(key: string, value: string): Promise<string | null>
  close(): void
}

export type RedisClientOptions = {
  /** For so long an answer that was lost is asked for again. */
  patienceMs?: number
  /** Who presses a button takes two seconds for a long time; a server that was restarted is back by then. */
  buyerMs?: number
  /** A server that says nothing for so long is thought to be dead. */
  silenceMs?: number
}

/**
 * The server takes one long question from a connection, writes it to the disk, then takes the next: batches that come over several connections
 * share an fsync.
 */
const CONNECTIONS = 4
const BACK_OFF = { firstMs: 50, mostMs: 1000 }
/** Said before anything is done; the server will be able to later. */
const NOT_NOW = /^(LOADING|CLUSTERDOWN|TRYAGAIN|MASTERDOWN|READONLY|BUSY|NOREPLICAS|MOVED|ASK)\b/
/** Said before anything is done; the server takes no more. */
const TAKES_NO_MORE = /^(-?OOM|MISCONF)\b/
const NOT_SENT = /enableOfflineQueue options is false|Failed to refresh slots cache|None of startup nodes is available/

const library = readFileSync(new URL('./redis.functions.lua', import.meta.url), 'utf8')
/** The functions of two versions stand side by side, so that the processes of both can work while one takes over. */
const version = createHash('sha256').update(library).digest('hex').slice(0, 16)
const functionName = `onsale_${version}`
/** While a library is loaded it may use nothing of Lua, not even `string`; so it is made when it is first called. */
const asLibrary = `#!lua name=${functionName}
local ledger
local function make()
${library}
end
redis.register_function('${functionName}', function(keys, args)
  ledger = ledger or make()
  return ledger(keys, args)
end)`
const asScript = `local function make()\n${library}\nend\nreturn make()(KEYS, ARGV)`
const scriptHash = createHash('sha1').update(asScript).digest('hex')

export async function openRedisClient(place: RedisPlace, options: RedisClientOptions = {}): Promise<RedisClient> {
  const { patienceMs = 10_000, buyerMs = 2000, silenceMs = 5000 } = options
  const connections = Array.from({ length: CONNECTIONS }, () => connect(place, silenceMs))
  const [first] = connections as [Redis | Cluster]
  // Each lost connection is heard of by those who asked; without a listener it would end the process.
  for (const redis of connections) redis.on('error', () => {})
  let asked = 0
  const closing = new AbortController()
  let hasFunctions = true
  /** Bases that do not answer, and how that was told. */
  const away = new Map<string, unknown>()

  const masters = (): Redis[] => (first instanceof Cluster ? first.nodes('master') : [first])

  /** Redis before version 7 has no functions, and some that are rented do not allow them. */
  async function load(): Promise<void> {
    try {
      await Promise.all(masters().map((master) => master.call('FUNCTION', 'LOAD', 'REPLACE', asLibrary)))
    } catch (error) {
      if (!/unknown command|NOPERM/i.test(String(error))) throw error
      hasFunctions = false
    }
  }

  async function call(base: string, question: Argument[]): Promise<unknown> {
    const redis = connections[asked++ % CONNECTIONS] as Redis | Cluster
    if (hasFunctions)
      try {
        return await redis.callBuffer('FCALL', functionName, 1, base, ...question)
      } catch (error) {
        if (!/Function not found|unknown command|NOPERM/i.test(String(error))) throw error
        await load()
        if (hasFunctions) return redis.callBuffer('FCALL', functionName, 1, base, ...question)
      }
    try {
      return await redis.callBuffer('EVALSHA', scriptHash, 1, base, ...question)
    } catch (error) {
      if (!String(error).includes('NOSCRIPT')) throw error
      return redis.callBuffer('EVAL', asScript, 1, base, ...question)
    }
  }

  async function persist<T>(work: (isRepeat: boolean) => Promise<T>, forMs = patienceMs): Promise<T> {
    const deadline = performance.now() + forMs
    let mayBeDone = false
    for (let delayMs = BACK_OFF.firstMs; ; delayMs = Math.min(BACK_OFF.mostMs, delayMs * 2)) {
      try {
        return await work(mayBeDone)
      } catch (error) {
        const { name, message } = error as Error
        if (TAKES_NO_MORE.test(message)) throw new LedgerBusy('Redis takes no more.', { cause: error })
        if (name === 'ReplyError' && !NOT_NOW.test(message)) throw error
        if (name !== 'ReplyError' && !(error instanceof NotSent) && !NOT_SENT.test(message)) mayBeDone = true
        if (closing.signal.aborted || performance.now() + delayMs > deadline) throw givenUp(mayBeDone, error)
      }
      await wait(delayMs, undefined, { signal: closing.signal }).catch(() => undefined)
    }
  }

  /** What is asked for in vain is looked for until it answers; nobody waits for it meanwhile. */
  function lookFor(base: string, error: unknown): void {
    if (away.has(base)) return
    away.set(base, error)
    void persist(() => call(base, ['ends']), Number.POSITIVE_INFINITY)
      .catch(() => undefined)
      .finally(() => away.delete(base))
  }

  async function askForBuyer(base: string, question: (isRepeat: boolean) => Argument[]): Promise<unknown> {
    if (away.has(base)) throw givenUp(false, away.get(base))
    const answered = new AbortController()
    const answer = persist((isRepeat) => call(base, question(isRepeat)), buyerMs)
    // An attempt that is under way has been heard, for all that is known.
    const late = wait(buyerMs, undefined, { signal: answered.signal }).then(() => {
      throw givenUp(true, new Error(`Redis has not answered for ${buyerMs} ms.`))
    })
    try {
      return await Promise.race([answer, late])
    } catch (error) {
      if (error instanceof LedgerUnsure || (error as Error).message === NO_ANSWER) lookFor(base, error)
      throw error
    } finally {
      answered.abort()
    }
  }

  try {
    await persist(async () => {
      await Promise.all(connections.map(async (redis) => redis.status === 'ready' || once(redis, 'ready').catch(notSent)))
    })
    await persist(load)
    await warnOfLoss(masters())
  } catch (error) {
    for (const redis of connections) redis.disconnect()
    throw error
  }
  return {
    ask: (base, question) => persist((isRepeat) => call(base, question(isRepeat))),
    askForBuyer,
    setOnce: (key, value) =>
      persist(async () => {
        await first.set(key, value, 'NX')
        return first.get(key)
      }),
    close() {
      closing.abort()
      for (const redis of connections) redis.disconnect()
    },
  }
}

/** Nobody has heard the question. */
class NotSent extends Error {}
function notSent(error: Error): never {
  throw new NotSent(error.message, { cause: error })
}

const NO_ANSWER = 'The ledger does not answer.'

/** Buyers read this: where Redis is stands in the cause. */
function givenUp(mayBeDone: boolean, cause: unknown): Error {
  if (!mayBeDone) return new LedgerBusy(NO_ANSWER, { cause })
  return new LedgerUnsure('The ledger does not answer, and whether it did what it was asked is not known. Ask again with the same key.', {
    cause,
  })
}

export function connect(
  { hosts, isCluster, isEncrypted, username, password, database, prefix }: RedisPlace,
  silenceMs: number,
): Redis | Cluster {
  const common = {
    // Replies have the same form from every version.
    protocol: 2 as const,
    // As operators see it in CLIENT LIST.
    connectionName: `onsale-ledger-${prefix}`,
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    ...(isEncrypted && { tls: {} }),
    autoResendUnfulfilledCommands: false,
    connectTimeout: silenceMs,
    socketTimeout: silenceMs,
  }
  const retryStrategy = (attempt: number): number => Math.min(BACK_OFF.mostMs, BACK_OFF.firstMs * 2 ** Math.min(attempt - 1, 10))
  if (!isCluster)
    return new Redis({ ...hosts[0], ...common, db: database, enableOfflineQueue: false, maxRetriesPerRequest: 0, retryStrategy })
  return new Cluster(hosts, {
    redisOptions: common,
    clusterRetryStrategy: retryStrategy,
    enableOfflineQueue: false,
    // 0: a question whose answer is lost comes back to `ask`.
    retryDelayOnFailover: 0,
    // Certificates name hosts, and the cluster's own list may have their names.
    ...(isEncrypted && { dnsLookup: (address: string, done: (error: null, address: string) => void) => done(null, address) }),
  })
}

/** What was warned of already: several ledgers in one process say it once. */
const warned = new Set<string>()

/**
 * What the server's settings mean for "what was answered with success is durable":
 *   appendonly no         what was sold since the last snapshot is lost when the server stops, minutes as a rule
 *   appendfsync everysec  a killed server loses nothing; a machine that loses power loses the sales of up to a second, or two on a slow disk
 *   appendfsync no        the same with some 30 s
 *   appendfsync always    what was answered is on the disk; a batch costs an fsync, which is why there are batches
 *   replicas              copies lag: after a failover the newest sales may be gone, whatever the above. The ledger notices when the log is
 *                         shorter than what it has seen, and then sells nothing of that shard
 *   maxmemory-policy      anything but noeviction may drop idempotency keys (and sold twice under one key) when memory is short
 */
async function warnOfLoss(masters: readonly Redis[]): Promise<void> {
  for (const master of masters) {
    const settings = await settingsOf(master).catch(() => undefined)
    const faults = settings ? faultsOf(settings) : ['its settings cannot be read, so whether sales outlive a crash is not known']
    for (const fault of faults) {
      if (warned.has(fault)) continue
      warned.add(fault)
      process.emitWarning(`The ledger's Redis: ${fault}.`, { code: 'ONSALE_LEDGER_REDIS' })
    }
  }
}

async function settingsOf(master: Redis): Promise<Map<string, string>> {
  const settings = new Map<string, string>()
  for (const name of ['appendonly', 'appendfsync', 'maxmemory-policy']) {
    const [, value] = (await master.call('CONFIG', 'GET', name)) as [string, string]
    settings.set(name, value)
  }
  return settings
}

export function faultsOf(settings: ReadonlyMap<string, string>): string[] {
  const faults: string[] = []
  const fsync = settings.get('appendfsync')
  if (settings.get('appendonly') !== 'yes') faults.push('appendonly is not yes, so sales since the last snapshot are lost with the server')
  else if (fsync !== 'always') faults.push(`appendfsync is ${fsync}, not always, so the newest sales are lost with the machine`)
  if (settings.get('maxmemory-policy') !== 'noeviction') faults.push('maxmemory-policy is not noeviction, so keys of sales may be dropped')
  return faults
}
