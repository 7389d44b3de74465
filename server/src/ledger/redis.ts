/**
 * The ledger on Redis, for several processes and, in a cluster, several servers. The seats of an event are in one shard, which an event
 * keeps for ever: a wish and its repetition meet there. A shard is asked two batches at a time: what arrives meanwhile travels together.
 * `redis.functions.lua` decides; nothing of a seat is known here but the highest position seen, so that a store that lost
 * entries (emptied, restored, failed over) is not sold from.
 */
import { randomUUID } from 'node:crypto'
import type { LogEntry } from '@onsale/contract/entry'
import { parseRedisUrl } from './address.ts'
import { hash52 } from './hash.ts'
import { type Change, type Ledger, LedgerBusy, type LogEnds, type OnBatch, type Outcome, type ZoneOpening } from './ledger.ts'
import { openRedisClient, type RedisClientOptions } from './redis.client.ts'
import { eventOf, restore } from './redis.restore.ts'
import {
  formatBatch,
  type LogRecord,
  MOST_OPTIONS,
  newestOf,
  packStates,
  parseOutcomes,
  parseRecord,
  type Reply,
  seenAt,
  unpackStates,
} from './redis.wire.ts'

export type RedisLedgerOptions = RedisClientOptions & {
  url: string
  /** Commits that may wait for the next batch of their shard, all shards together. */
  maxWaiting?: number
  /** Entries of a shard that the read side may be behind before its sales stop; some 500 bytes of memory each. */
  maxBacklog?: number
  onBatch?: OnBatch
}

/** Of a batch: what keeps the server for about 2 ms; 200 wishes for two seats took 2.3 ms of it. A commit weighs 1 and a tenth a seat of its options. */
const MOST_WEIGHT = 256
/** While the server decides one batch of a shard, this process reads and writes another. */
const LANES = 2
const ZONES_AN_OPENING = 50
const MOST_ZONES = 10_000
/** Of what `redis.functions.lua` keeps. */
const FORMAT = '3'
const OLD = 'sell out with the version that wrote it, or choose another prefix and open its events there'
/** Six bytes are kept of the end of a hold. */
const LAST_MS = 2 ** 48 - 1

type Waiting = { change: Change; weight: number; resolve: (outcome: Outcome) => void; reject: (error: unknown) => void }
/** One batch at a time. To the shard each lane is a client of its own, with numbers of its own. */
type Lane = { client: string; batches: number; isAsked: boolean }
type Shard = { name: string; base: string; waiting: Waiting[]; lanes: Lane[]; seen: number }

export async function openRedisLedger({
  url,
  maxWaiting = 4000,
  maxBacklog = 250_000,
  onBatch = () => {},
  ...clientOptions
}: RedisLedgerOptions): Promise<Ledger> {
  const place = parseRedisUrl(url)
  const redis = await openRedisClient(place, clientOptions)
  const me = randomUUID()
  const shards = Array.from({ length: place.shards }, (_, i): Shard => {
    const lanes = Array.from({ length: LANES }, (_, lane) => ({ client: `${me}-${lane}`, batches: 0, isAsked: false }))
    return { name: String(i), base: `${place.prefix}:{${i}}`, waiting: [], lanes, seen: 0 }
  })
  let waiting = 0
  let isClosed = false
  await keepShards(place.shards)

  /** An event whose shard changed would be opened again, and sold again; and a log of another format is not read. */
  async function keepShards(count: number): Promise<void> {
    const kept = await redis.setOnce(`${place.prefix}:shards`, `${count} of format ${FORMAT}`)
    const [, shards, format = '1'] = /^(\d+)(?: of format (\d+))?$/.exec(kept ?? '') ?? []
    if (shards === String(count) && format === FORMAT) return
    redis.close()
    if (format !== FORMAT)
      throw new Error(`The ledger ${place.prefix} is kept in format ${format}, and this version knows ${FORMAT} only: ${OLD}.`)
    throw new Error(`The ledger ${place.prefix} has ${shards} shards, not ${count}: write ?shards=${shards} into its address.`)
  }

  /** Of events that are not where their hash would put them. */
  const places = new Map<string, string>()
  /** What `shardOf` found, which costs 0.4 us. */
  const shardsOfZones = new Map<string, Shard>()
  await readPlaces()

  async function readPlaces(): Promise<void> {
    const found = (await redis.ask((shards[0] as Shard).base, () => ['places'])) as Buffer[]
    for (let i = 0; i < found.length; i += 2) places.set(String(found[i]), String(found[i + 1]))
    shardsOfZones.clear()
  }

  const shardOf = (zone: string): Shard => {
    const known = shardsOfZones.get(zone)
    if (known) return known
    const event = eventOf(zone)
    const shard = shards[Number(places.get(event) ?? hash52(event) % shards.length)] as Shard
    if (shardsOfZones.size >= MOST_ZONES) shardsOfZones.clear()
    shardsOfZones.set(zone, shard)
    return shard
  }
  const shardNamed = (name: string): Shard => {
    const shard = shards[Number(name)]
    if (!shard) throw new Error(`There is no shard ${name}.`)
    return shard
  }
  const saw = (shard: Shard, position: number): void => {
    shard.seen = Math.max(shard.seen, position)
  }

  function enqueue(change: Change): Promise<Outcome> {
    if (isClosed) return Promise.reject(new Error('The ledger is closed.'))
    const fault = faultOf(change)
    if (fault) return Promise.reject(new RangeError(fault))
    if (waiting >= maxWaiting) return Promise.reject(new LedgerBusy(`${maxWaiting} purchases are waiting already.`))
    waiting++
    const shard = shardOf(change.zone)
    return new Promise((resolve, reject) => {
      shard.waiting.push({ change, weight: weightOf(change), resolve, reject })
      // The second lane is for a batch that is full while the first is under way: two halves cost two fsyncs.
      const [first, second] = shard.lanes as [Lane, Lane]
      if (!first.isAsked) start(shard, first)
      else if (!second.isAsked && shard.waiting.length >= MOST_WEIGHT) start(shard, second)
    })
  }

  function start(shard: Shard, lane: Lane): void {
    lane.isAsked = true
    setImmediate(() => void drain(shard, lane))
  }

  async function drain(shard: Shard, lane: Lane): Promise<void> {
    while (shard.waiting.length > 0) {
      const batch = nextBatch(shard)
      waiting -= batch.length
      await decide(shard, lane, batch).catch((error: unknown) => {
        for (const { reject } of batch) reject(error)
      })
    }
    lane.isAsked = false
  }

  async function decide(shard: Shard, lane: Lane, batch: readonly Waiting[]): Promise<void> {
    const changes = batch.map(({ change }) => change)
    const text = formatBatch(changes)
    const newest = newestOf(changes)
    const number = ++lane.batches
    const begunAt = performance.now()
    const reply = await redis.askForBuyer(shard.base, (isRepeat) => [
      'commit',
      lane.client,
      number,
      isRepeat ? 1 : 0,
      shard.seen,
      maxBacklog,
      newest,
      ...text,
    ])
    if (!Array.isArray(reply)) {
      const outcome = refusalOf(String(reply), shard)
      for (const { resolve } of batch) resolve(outcome)
      return
    }
    onBatch(changes.length, performance.now() - begunAt)
    parseOutcomes(reply as Reply, shard.name, changes).forEach((outcome, i) => {
      const { resolve, reject } = batch[i] as Waiting
      if (outcome instanceof Error) reject(outcome)
      else resolve(outcome)
      if ('position' in outcome) saw(shard, outcome.position)
    })
  }

  async function read({ shard: name, after, limit }: Parameters<Ledger['read']>[0]): Promise<LogEntry[]> {
    const { base } = shardNamed(name)
    const entries: LogEntry[] = []
    for (let from = after; entries.length < limit; ) {
      const records = (await redis.ask(base, () => ['read', from, limit - entries.length])) as LogRecord[]
      if (records.length === 0) break
      for (const record of records) for (const entry of parseRecord(name, record)) if (entry.position > after) entries.push(entry)
      from = entries.at(-1)?.position ?? from
    }
    entries.splice(limit)
    return entries
  }

  async function endsOf(shard: Shard): Promise<(LogEnds & { zones: number })[]> {
    const [trimmed, head, zones] = (await redis.ask(shard.base, () => ['ends'])) as [number, number, number]
    saw(shard, head)
    return zones > 0 || head > 0 ? [{ shard: shard.name, trimmed, head, zones }] : []
  }

  async function openZones(shard: Shard, openings: readonly ZoneOpening[]): Promise<void> {
    for (let i = 0; i < openings.length; i += ZONES_AN_OPENING) {
      const some = openings.slice(i, i + ZONES_AN_OPENING).flatMap(({ zone, seats, gaps }) => [zone, seats, packStates(seats, gaps)])
      const reply = await redis.ask(shard.base, () => ['open', shard.seen, ...some])
      if (String(reply) !== 'ok') throw new Error(lossOf(shard))
    }
  }

  async function placeEvent(event: string, { name }: Shard): Promise<void> {
    await redis.ask((shards[0] as Shard).base, () => ['place', event, name])
    await readPlaces()
    if (places.get(event) !== name) throw new Error(`Event ${event} is in shard ${places.get(event)} already, and its entries in ${name}.`)
  }

  return {
    commit: enqueue,
    restore: (zones, batches) =>
      restore(
        {
          shards,
          named: shardNamed,
          of: shardOf,
          ask: async ({ base }, question) => String(await redis.ask(base, () => question)),
          open: openZones,
          place: placeEvent,
          saw,
        },
        zones,
        batches,
      ),
    async open(zones) {
      await Promise.all([...Map.groupBy(zones, ({ zone }) => shardOf(zone))].map(([shard, of]) => openZones(shard, of)))
    },
    read,
    async trim({ shard, position }) {
      await redis.ask(shardNamed(shard).base, () => ['trim', position])
    },
    async ends() {
      return (await Promise.all(shards.map(endsOf))).flat().map(({ shard, trimmed, head }) => ({ shard, trimmed, head }))
    },
    async seats(zone, at) {
      const found = (await redis.askForBuyer(shardOf(zone).base, () => ['seats', zone])) as [number, Buffer, Buffer] | null
      return found && seenAt(unpackStates(found[0], found[1]), found[2], at)
    },
    async zones() {
      const found = await Promise.all(shards.map(({ base }) => redis.ask(base, () => ['zones']) as Promise<Buffer[]>))
      return found.flatMap((flat) =>
        Array.from({ length: flat.length / 2 }, (_, i) => ({
          zone: String(flat[i * 2]),
          seats: (flat[i * 2 + 1] as Buffer).readUInt32BE(),
        })),
      )
    },
    async close() {
      if (isClosed) return
      isClosed = true
      for (const { reject } of shards.flatMap((shard) => shard.waiting.splice(0))) reject(new Error('The ledger is closed.'))
      redis.close()
    },
  }
}

/** What cannot be sent. It is refused alone, and not with the batch that it would have been in. */
function faultOf({ options, at, until = 0 }: Change): string | undefined {
  if (options.length > MOST_OPTIONS) return `A wish has at most ${MOST_OPTIONS} options.`
  if (!isWholeMs(at) || !isWholeMs(until)) return 'Times are whole ms.'
  return undefined
}

const isWholeMs = (ms: number): boolean => Number.isInteger(ms) && ms >= 0 && ms <= LAST_MS

const weightOf = ({ options }: Change): number => options.reduce((weight, { seats }) => weight + seats.length / 10, 1)

/** What waits the longest, up to the weight of a batch; a wish alone may weigh more. */
function nextBatch({ waiting }: Shard): Waiting[] {
  let weight = 0
  const end = waiting.findIndex((each) => {
    weight += each.weight
    return weight > MOST_WEIGHT
  })
  return waiting.splice(0, end < 0 ? waiting.length : Math.max(1, end))
}

const lossOf = ({ name, seen }: Shard): string =>
  `The ledger's Redis has lost entries of shard ${name}, which had ${seen}: it was emptied, restored from an older copy, or a replica took over. Nothing of it is sold.`

const warned = new WeakSet<Shard>()

/** The whole batch was refused. */
function refusalOf(reply: string, shard: Shard): Outcome {
  if (reply === 'restoring') return { ok: false, why: 'not-open' }
  if (reply !== 'lost') throw new Error(`Redis answered "${reply}".`)
  if (!warned.has(shard)) process.emitWarning(lossOf(shard), { code: 'ONSALE_LEDGER_LOST' })
  warned.add(shard)
  return { ok: false, why: 'not-open' }
}
