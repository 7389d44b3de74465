/**
 * Puts the entries of the archive back into a ledger on Redis. They keep their shards and positions, so that tokens, bus and read side need
 * not know of it. An event whose entries are in another shard than its hash says (it was moved here from a ledger with other shards) has its
 * place written down for every process.
 */
import type { RestoredEntry, RestoredZone, ZoneOpening } from './ledger.ts'
import { formatBatch, newestOf } from './redis.wire.ts'

/** Entries a call: what keeps the server for some 2 ms. */
const AT_ONCE = 192

type Shard = { name: string }
/** What it needs of the ledger. */
export type Store<S extends Shard> = {
  shards: readonly S[]
  named(name: string): S
  of(zone: string): S
  ask(shard: S, question: (string | number | Buffer)[]): Promise<string>
  open(shard: S, zones: readonly ZoneOpening[]): Promise<void>
  /** Of an event, for ever. */
  place(event: string, shard: S): Promise<void>
  saw(shard: S, position: number): void
}

const FAULTS: Record<string, string> = {
  gap: 'an entry before it is missing',
  other: 'the ledger has another entry there',
  'in-use': 'the shard ends before it and sells',
  closed: 'it names a zone or a seat that the catalogue does not have',
}

export async function restore<S extends Shard>(
  store: Store<S>,
  zones: readonly RestoredZone[],
  batches: AsyncIterable<readonly RestoredEntry[]>,
): Promise<void> {
  const unopened = new Map(zones.map((zone) => [zone.zone, zone]))
  const inUse = new Set<S>()
  for (const shard of store.shards) if ((await store.ask(shard, ['begin'])) === 'in-use') inUse.add(shard)

  /** A zone that is missing where others sell has lost its sales: opened, it would look like an empty one. */
  async function openIn(shard: S, some: readonly RestoredZone[]): Promise<void> {
    if (inUse.has(shard)) return
    for (const event of new Set(some.map(({ zone }) => eventOf(zone)))) if (store.of(`${event}/`) !== shard) await store.place(event, shard)
    await store.open(shard, some)
    for (const { zone } of some) unopened.delete(zone)
  }

  for (const [name, some] of Map.groupBy(zones, ({ shard }) => shard)) if (name !== undefined) await openIn(store.named(name), some)
  for await (const batch of batches)
    for (const [name, entries] of Map.groupBy(batch, ({ shard }) => shard)) {
      const shard = store.named(name)
      const asked = entries.map(({ change }) => unopened.get(change.zone)).filter((zone) => zone !== undefined)
      if (asked.length > 0) await openIn(shard, [...new Set(asked)])
      await put(store, shard, entries)
    }
  for (const [shard, some] of Map.groupBy([...unopened.values()], ({ zone }) => store.of(zone))) await openIn(shard, some)
  for (const shard of store.shards) await store.ask(shard, ['finish'])
}

async function put<S extends Shard>(store: Store<S>, shard: S, entries: readonly RestoredEntry[]): Promise<void> {
  for (let i = 0; i < entries.length; i += AT_ONCE) {
    const some = entries.slice(i, i + AT_ONCE)
    const first = (some[0] as RestoredEntry).position
    const changes = some.map(({ change }) => change)
    const reply = await store.ask(shard, ['restore', first, newestOf(changes), ...formatBatch(changes)])
    if (reply !== 'ok') throw new Error(`Entries from ${first} of shard ${shard.name} cannot be put back: ${FAULTS[reply] ?? reply}.`)
  }
  const last = (entries.at(-1) as RestoredEntry).position
  await store.ask(shard, ['trim', last])
  store.saw(shard, last)
}

export const eventOf = (zone: string): string => zone.slice(0, zone.indexOf('/'))
