/** The archive of entries as a ledger takes it back: whose seat it was, until when, and at which place of the log. */
import { type Entry, seal } from '@onsale/contract/entry'
import { openCatalogue } from '../catalogue/catalogue.ts'
import type { Change, KeptKey, RestoredEntry, ZoneKey, ZoneOpening } from '../ledger/ledger.ts'
import { isKnown } from '../projector/projector.ts'
import { rowIndex, type ZoneMap } from '../seats/map.ts'
import type { Sql } from '../sql/sql.ts'

export type Zones = ReadonlyMap<ZoneKey, ZoneMap>

/** Every zone of every event, as the catalogue has it. */
export async function zonesOf(sql: Sql): Promise<Zones> {
  const catalogue = await openCatalogue(sql)
  return new Map(
    [...catalogue.events()].flatMap(({ eventId, zones }) =>
      [...zones.values()].map(({ map }) => [`${eventId}/${map.zoneId}`, map] as const),
    ),
  )
}

export const openingsOf = (zones: Zones): ZoneOpening[] =>
  [...zones].map(([zone, { rows, seatsPerRow, gaps }]) => ({ zone, seats: rows * seatsPerRow, gaps: [...gaps] }))

/** Bodies of the row of the archive that begins after a position. */
export async function archivedAfter(sql: Sql, shard: string, after: number): Promise<string[]> {
  const row = await sql.db
    .selectFrom('entries')
    .select(['first', 'body'])
    .where('shard', '=', shard)
    .where('first', '>', after)
    .orderBy('first')
    .limit(1)
    .executeTakeFirst()
  if (row?.first !== after + 1) throw new Error(`Entry ${after + 1} of shard ${shard} is missing in the archive: run onsale audit.`)
  return row.body.split('\n')
}

/** Throws where the entry means nothing to this version, or nothing in this catalogue. */
export function restoredEntry(body: string, zones: Zones, keys: ReadonlyMap<number, KeptKey> = new Map()): RestoredEntry {
  const entry = JSON.parse(body) as Entry
  const { shard, position } = entry
  const where = `Entry ${position} of shard ${shard}`
  if (!isKnown(entry)) throw new Error(`${where} is of a kind that this version does not know: take the version that wrote it.`)
  const zone = `${entry.eventId}/${entry.zoneId}`
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

/** A ticket owns the seat that it is for, a hold the seats that it holds. */
function newState(entry: Entry): { to: Change['to']; owners: string[]; until?: number } {
  if (entry.kind === 'SeatsSold') return { to: 'sold', owners: entry.seats.map(({ ticketId }) => ticketId) }
  if (entry.kind === 'SeatsReleased') return { to: 'free', owners: [] }
  return { to: 'held', owners: entry.seats.map(() => entry.holdId), until: Date.parse(entry.expiresAt) }
}
