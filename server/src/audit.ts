/**
 * Compares ledger, log and SQL, and names each difference. Anything it finds is a fault of ours: run it at a quiet moment, when the
 * read side has caught up with the log.
 */
import type { Entry } from '@onsale/contract/entry'
import { FREE, HELD, type Ledger, NONE, SOLD, zoneKey } from './ledger/ledger.ts'
import { entriesIn, isKnown } from './projector/projector.ts'
import { rowIndex, seatName as seatNameOf, zoneMap } from './seats/map.ts'
import type { Sql } from './sql/sql.ts'

/** `what` is a stable word, `where` names zone, seat or entry, `detail` says what differs. */
export type Difference = { what: string; where: string; detail: string }
export type Audit = { differences: Difference[]; checked: { zones: number; seats: number; entries: number; tickets: number } }

type Zone = {
  event_id: string
  zone_id: number
  venue_id: string
  rows_: number
  seats_per_row: number
  gaps: string
  available: number
  held: number
  sold: number
  revenue: number
  opened: number
}

export async function audit(ledger: Ledger, sql: Sql, now: number): Promise<Audit> {
  const differences: Difference[] = []
  const tell = (what: string, where: string, detail: string) => void differences.push({ what, where, detail })
  const checked = { zones: 0, seats: 0, entries: 0, tickets: 0 }

  await checkLog(ledger, sql, tell)
  const inArchive = await replayArchive(sql, tell, checked)
  for (const zone of await allZones(sql)) {
    checked.zones++
    checked.seats += await checkZone(ledger, sql, zone, inArchive, now, tell)
  }
  await checkHeld(sql, inArchive, tell)
  await checkSales(sql, 'row', tell)
  await checkSales(sql, 'column', tell)
  const tickets = await sql.db
    .selectFrom('tickets')
    .select((eb) => eb.fn.countAll<number>().as('n'))
    .executeTakeFirst()
  checked.tickets = Number(tickets?.n ?? 0)
  for (const conflict of await sql.db.selectFrom('conflicts').selectAll().execute())
    tell(
      'two-tickets-for-one-seat',
      `${conflict.event_id}/${conflict.zone_id} ${conflict.row_}${conflict.column_}`,
      `ticket ${conflict.ticket_id} at position ${conflict.position}`,
    )
  return { differences, checked }
}

type Tell = (what: string, where: string, detail: string) => void

/** The read side has everything that the log has, and nothing that it has not. */
async function checkLog(ledger: Ledger, sql: Sql, tell: Tell): Promise<void> {
  const stored = new Map((await sql.db.selectFrom('positions').selectAll().execute()).map(({ shard, stored }) => [shard, Number(stored)]))
  for (const { shard, head } of await ledger.ends()) {
    const here = stored.get(shard) ?? 0
    if (here < head) tell('behind', `shard ${shard}`, `the log ends at ${head}, the read side has stored ${here}`)
    if (here > head) tell('ahead', `shard ${shard}`, `the read side has stored ${here}, the log ends at ${head}`)
  }
}

type LastWord = { state: number; ticketId: string | null; position: number }

/** What the archived entries add up to: the newest word on every seat. */
async function replayArchive(sql: Sql, tell: Tell, checked: { entries: number }): Promise<Map<string, LastWord>> {
  const seats = new Map<string, LastWord>()
  for (const { shard, stored } of await sql.db.selectFrom('positions').selectAll().execute()) {
    let expected = 1
    for (let after = 0; ; ) {
      const rows = await sql.db
        .selectFrom('entries')
        .select(['last', 'body'])
        .where('shard', '=', shard)
        .where('first', '>', after)
        .orderBy('first')
        .limit(10)
        .execute()
      if (rows.length === 0) break
      for (const entry of rows.flatMap(({ body }) => entriesIn(body))) {
        if (entry.position !== expected) tell('gap', `shard ${shard}`, `entry ${expected} is missing before ${entry.position}`)
        expected = entry.position + 1
        checked.entries++
        if (isKnown(entry)) lastWords(entry, seats, tell)
      }
      after = Number(rows.at(-1)?.last)
    }
    if (expected !== Number(stored) + 1)
      tell('archive', `shard ${shard}`, `${expected - 1} entries are archived, ${stored} are said to be stored`)
  }
  return seats
}

function lastWords(entry: Entry, seats: Map<string, LastWord>, tell: Tell): void {
  entry.seats.forEach((seat, i) => {
    const where = `${entry.eventId}/${entry.zoneId} ${seat.row}${seat.column}`
    const before = seats.get(where)
    const ticketId = entry.kind === 'SeatsSold' ? ((seat as { ticketId?: string }).ticketId ?? null) : null
    if (entry.kind === 'SeatsSold' && before?.state === SOLD)
      tell('sold-twice', where, `to ${before.ticketId} at ${before.position}, then to ${ticketId} at ${entry.position}`)
    const was = ['.', 'h', 's'][before?.state ?? FREE]
    if (entry.was[i] !== was) tell('was', where, `entry ${entry.position} says the seat was "${entry.was[i]}", the log before it "${was}"`)
    seats.set(where, { state: { SeatsSold: SOLD, SeatsHeld: HELD, SeatsReleased: FREE }[entry.kind], ticketId, position: entry.position })
  })
}

async function allZones(sql: Sql): Promise<Zone[]> {
  return sql.db
    .selectFrom('event_zones')
    .innerJoin('events', 'events.event_id', 'event_zones.event_id')
    .innerJoin('zones', (join) => join.onRef('zones.zone_id', '=', 'event_zones.zone_id').onRef('zones.venue_id', '=', 'events.venue_id'))
    .select([
      'event_zones.event_id',
      'event_zones.zone_id',
      'events.venue_id',
      'rows_',
      'seats_per_row',
      'gaps',
      'available',
      'held',
      'sold',
      'revenue',
      'opened',
    ])
    .orderBy('event_zones.event_id')
    .orderBy('event_zones.ordinal')
    .execute()
}

/** One zone: ledger against archive against tickets against counters. Returns how many seats it has. */
async function checkZone(
  ledger: Ledger,
  sql: Sql,
  zone: Zone,
  archive: ReadonlyMap<string, LastWord>,
  now: number,
  tell: Tell,
): Promise<number> {
  const key = zoneKey(zone.event_id, zone.zone_id)
  const map = zoneMap({ zoneId: zone.zone_id, rows: zone.rows_, seatsPerRow: zone.seats_per_row, gaps: JSON.parse(zone.gaps) })
  const states = await ledger.seats(key, now)
  if (!states) {
    if (zone.opened) tell('zone-not-open', key, 'the ledger does not know it')
    return 0
  }
  if (states.length !== map.rows * map.seatsPerRow)
    tell('geometry', key, `${states.length} seats in the ledger, ${map.rows * map.seatsPerRow} in the catalogue`)
  const tickets = await sql.db
    .selectFrom('tickets')
    .select(['row_', 'column_', 'ticket_id', 'price'])
    .where('event_id', '=', zone.event_id)
    .where('zone_id', '=', zone.zone_id)
    .where('living', '=', 1)
    .execute()
  const owners = new Map<number, string>()
  for (const { row_, column_, ticket_id } of tickets) {
    const seat = rowIndex(row_) * map.seatsPerRow + column_ - 1
    if (owners.has(seat)) tell('sold-twice', `${key} ${row_}${column_}`, `tickets ${owners.get(seat)} and ${ticket_id}`)
    owners.set(seat, ticket_id)
  }
  checkSeats(key, map, states, owners, archive, tell)
  const counted = {
    sold: tickets.length,
    held: count(states, HELD),
    revenue: tickets.reduce((sum, { price }) => sum + Number(price), 0),
    available: count(states, FREE),
  }
  const stored = { sold: zone.sold, held: zone.held, revenue: Number(zone.revenue), available: zone.available }
  // A hold that ran out counts as free for the ledger at once, and for the read side when it is swept.
  for (const figure of ['sold', 'revenue'] as const)
    if (counted[figure] !== stored[figure]) tell('counter', key, `${figure} is ${stored[figure]}, a recount gives ${counted[figure]}`)
  if (counted.held + counted.available !== stored.held + stored.available)
    tell('counter', key, `free and held are ${stored.held + stored.available}, a recount gives ${counted.held + counted.available}`)
  return map.capacity
}

/** What SQL says of holds against the archive; the ledger counts a hold that ran out as free before the archive does. */
async function checkHeld(sql: Sql, archive: ReadonlyMap<string, LastWord>, tell: Tell): Promise<void> {
  const rows = await sql.db.selectFrom('held_seats').selectAll().where('held', '=', 1).execute()
  const held = new Set(rows.map(({ event_id, zone_id, row_, column_ }) => `${event_id}/${zone_id} ${row_}${column_}`))
  for (const where of held) if (archive.get(where)?.state !== HELD) tell('held', where, 'held in SQL, not in the archive')
  for (const [where, { state }] of archive) if (state === HELD && !held.has(where)) tell('held', where, 'held in the archive, not in SQL')
}

/** Counters by row or column of an event against its living tickets. */
async function checkSales(sql: Sql, dimension: 'row' | 'column', tell: Tell): Promise<void> {
  const column = dimension === 'row' ? 'row_' : 'column_'
  const counted = await sql.db
    .selectFrom('tickets')
    .select((eb) => ['event_id', `${column} as value`, eb.fn.countAll<number>().as('sold'), eb.fn.sum<number>('price').as('revenue')])
    .where('living', '=', 1)
    .groupBy(['event_id', column])
    .execute()
  const stored = await sql.db.selectFrom('sales').selectAll().where('dimension', '=', dimension).execute()
  const place = ({ event_id, value }: { event_id: string; value: string | number }) => `${event_id} ${dimension} ${value}`
  const figures = ({ sold, revenue }: { sold: number; revenue: number }) => `${Number(sold)} for ${Number(revenue)}`
  const [recount, counters] = [counted, stored].map((rows) => new Map(rows.map((row) => [place(row), figures(row)])))
  for (const where of new Set([...(recount?.keys() ?? []), ...(counters?.keys() ?? [])])) {
    const [here, there] = [counters?.get(where) ?? '0 for 0', recount?.get(where) ?? '0 for 0']
    if (here !== there) tell('counter', where, `sold is ${here}, a recount gives ${there}`)
  }
}

function checkSeats(
  key: string,
  map: ReturnType<typeof zoneMap>,
  states: Uint8Array,
  owners: ReadonlyMap<number, string>,
  archive: ReadonlyMap<string, LastWord>,
  tell: Tell,
): void {
  for (let seat = 0; seat < states.length; seat++) {
    const name = seatText(map, seat)
    const where = `${key} ${name}`
    const word = archive.get(where)
    const owner = owners.get(seat)
    if ((states[seat] === NONE) !== map.gaps.has(seat))
      tell(
        'geometry',
        where,
        states[seat] === NONE ? 'no seat in the ledger, a seat in the catalogue' : 'a seat in the ledger, none in the catalogue',
      )
    if (states[seat] === NONE && (owner || word)) tell('gap-sold', where, 'there is no such seat')
    if ((states[seat] === SOLD) !== (owner !== undefined))
      tell(
        owner ? 'ticket-without-sale' : 'sale-without-ticket',
        where,
        owner ? `ticket ${owner}, and the ledger says it is not sold` : 'sold in the ledger, no ticket in SQL',
      )
    if ((word?.state === SOLD) !== (states[seat] === SOLD))
      tell('archive', where, `the ledger says ${states[seat]}, the archive ${word?.state ?? FREE}`)
    if (owner !== undefined && word?.ticketId !== owner) tell('owner', where, `ticket ${owner} in SQL, ${word?.ticketId} in the archive`)
  }
}

function seatText(map: ReturnType<typeof zoneMap>, seat: number): string {
  const { row, column } = seatNameOf(map, seat)
  return `${row}${column}`
}

function count(states: Uint8Array, state: number): number {
  let n = 0
  for (const s of states) if (s === state) n++
  return n
}
