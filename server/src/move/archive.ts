/** The archive of entries as a ledger takes it back: whose seat it was, until when, and at which place of the log. */
import { type Entry, seal } from '@onsale/contract/entry'
import { openCatalogue } from '../catalogue/catalogue.ts'
import { type Change, type KeptKey, type RestoredEntry, type ZoneKey, type ZoneOpening, zoneKey } from '../ledger/ledger.ts'
import { isKnown, MOST_IN_ROW } from '../projector/projector.ts'
import { rowIndex, type ZoneMap } from '../seats/map.ts'
import type { Sql } from '../sql/sql.ts'

export type Zones = ReadonlyMap<ZoneKey, ZoneMap>

/** Every zone of every event, as the catalogue has it. */
export async function zonesOf(sql: Sql): Promise<Zones> {
  const catalogue = await openCatalogue(sql)
  return new Map([...catalogue.events()].flatMap(({ zones }) => [...zones.values()].map(({ key, map }) => [key, map] as const)))
}

export const openingsOf = (zones: Zones): ZoneOpening[] =>
  [...zones].map(([zone, { rows, seatsPerRow, gaps }]) => ({ zone, seats: rows * seatsPerRow, gaps: [...gaps] }))

/** About so many: the archive of a quiet house has a row for each entry, and a step for each row took minutes for 20,000. */
const AT_ONCE = 1000

/** Bodies of a shard's entries after a position. */
export async function archivedAfter(sql: Sql, shard: string, after: number): Promise<string[]> {
  const rows = await sql.db
    .selectFrom('entries')
    .select(['first', 'last', 'body'])
    .where('shard', '=', shard)
    .where('first', '>', after - MOST_IN_ROW)
    .where('first', '<=', after + AT_ONCE)
    .orderBy('first')
    .execute()
  const bodies: string[] = []
  for (const { first, last, body } of rows) {
    const next = after + bodies.length + 1
    // Behind a gap are entries that wait, and are not stored yet.
    if (first > next) break
    if (last >= next) bodies.push(...body.split('\n').slice(next - first))
  }
  if (bodies.length === 0) throw new Error(`Entry ${after + 1} of shard ${shard} is missing in the archive: run onsale audit.`)
  return bodies
}

/** Throws where the entry means nothing to this version, or nothing in this catalogue. */
export function restoredEntry(archived: string, zones: Zones, keys: ReadonlyMap<number, KeptKey> = new Map()): RestoredEntry {
  const body = asCommitted(archived)
  const entry = JSON.parse(body) as Entry
  const { shard, position } = entry
  const where = `Entry ${position} of shard ${shard}`
  if (!isKnown(entry)) throw new Error(`${where} is of a kind that this version does not know: take the version that wrote it.`)
  const zone = zoneKey(entry.eventId, entry.zoneId)
  const map = zones.get(zone)
  if (!map) throw new Error(`${where} is about zone ${zone}, which the catalogue does not have.`)
  const key = keys.get(position)
  const { to, owners, until } = newState(entry)
  const change: Change = {
    zone,
    from: 'free',
    to,
    at: Date.parse(entry.createdOn),
    options: [
      {
        seats: entry.seats.map(({ row, column }) => rowIndex(row) * map.seatsPerRow + Number(column) - 1),
        owners,
        fact: `{${body.slice(seal(shard, position, entry.was, '{').length)}`,
      },
    ],
    ...(until !== undefined && { until }),
    ...(key && { key: { id: key.id, fingerprint: key.fingerprint } }),
  }
  return { shard, position, change }
}

/** What the read side could not apply and set aside was done by the ledger all the same. */
function asCommitted(archived: string): string {
  const { kind, entry } = JSON.parse(archived) as { kind: string; entry?: string }
  return kind === 'SetAside' && entry !== undefined ? entry : archived
}

/** A ticket owns the seat that it is for, a hold the seats that it holds. */
function newState(entry: Entry): { to: Change['to']; owners: string[]; until?: number } {
  if (entry.kind === 'SeatsSold') return { to: 'sold', owners: entry.seats.map(({ ticketId }) => ticketId) }
  if (entry.kind === 'SeatsReleased') return { to: 'free', owners: [] }
  return { to: 'held', owners: entry.seats.map(() => entry.holdId), until: Date.parse(entry.expiresAt) }
}
