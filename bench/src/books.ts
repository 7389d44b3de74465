/**
 * The audit of every benchmark that sells: ledger, log and SQL agree (server/src/audit.ts), and SQL agrees with what each buyer was
 * told. It runs on the data of a server that has stopped, and so sees what is on the disk.
 */
import { join } from 'node:path'
import type { SoldTicket, SoldTickets } from '@onsale/contract/tickets'
import { openLedger, openSql } from '@onsale/server/adapters'
import { audit } from '@onsale/server/audit'
import type { Sql } from '@onsale/server/sql/sql'

export type BookUrls = { ledgerUrl: string; databaseUrl: string }
export const embeddedBooks = (dataDir: string): BookUrls => ({
  ledgerUrl: `sqlite:${join(dataDir, 'ledger.db')}`,
  databaseUrl: `sqlite:${join(dataDir, 'read.db')}`,
})

export type Books = { differences: string[]; checked: string; tickets: number }

type Spoil = (sql: Sql) => Promise<void>

/** Answers of 201, as their buyers have them. `spoil` is for proving that differences are found. */
export async function auditBooks({ ledgerUrl, databaseUrl }: BookUrls, answers: Iterable<string>, spoil?: Spoil): Promise<Books> {
  const ledger = await openLedger(ledgerUrl)
  const sql = await openSql(databaseUrl)
  try {
    await spoil?.(sql)
    const { differences, checked } = await audit(ledger, sql, Date.now())
    const inside = differences.map(({ what, where, detail }) => `${what}  ${where}  ${detail}`)
    const told = [...answers].flatMap(ticketsOf)
    return {
      differences: [...inside, ...compare(told, await storedTickets(sql))],
      checked: `${checked.seats} seats, ${checked.entries} entries and ${checked.tickets} tickets against ${told.length} answered tickets`,
      tickets: checked.tickets,
    }
  } finally {
    await ledger.close()
    await sql.close()
  }
}

export function ticketsOf(body: string): SoldTicket[] {
  const answer = JSON.parse(body) as SoldTicket | SoldTickets
  return 'tickets' in answer ? answer.tickets : [answer]
}

const seatOf = ({ eventId, zoneId, row, column }: Pick<SoldTicket, 'eventId' | 'zoneId' | 'row' | 'column'>): string =>
  `${eventId}/${zoneId} ${row}${column}`

type Stored = Pick<SoldTicket, 'ticketId' | 'eventId' | 'zoneId' | 'row' | 'column' | 'price' | 'createdOn' | 'status'>

async function storedTickets(sql: Sql): Promise<Map<string, Stored>> {
  const rows = await sql.db.selectFrom('tickets').selectAll().execute()
  return new Map(
    rows.map((row) => [
      row.ticket_id,
      {
        ticketId: row.ticket_id,
        eventId: row.event_id,
        zoneId: row.zone_id,
        row: row.row_,
        column: String(row.column_),
        price: Number(row.price),
        createdOn: row.created_on,
        status: row.status,
      },
    ]),
  )
}

/** Every ticket that a buyer has is stored as the buyer has it, every seat has one buyer, and nothing is stored that nobody was told of. */
function compare(told: readonly SoldTicket[], stored: Map<string, Stored>): string[] {
  const differences: string[] = []
  const owners = new Map<string, string>()
  for (const ticket of told) {
    const seat = seatOf(ticket)
    const other = owners.get(seat)
    if (other !== undefined) differences.push(`two-owners  ${seat}  was answered to two buyers: tickets ${other} and ${ticket.ticketId}`)
    owners.set(seat, ticket.ticketId)
    const row = stored.get(ticket.ticketId)
    if (!row) {
      differences.push(`lost  ${seat}  ticket ${ticket.ticketId} was answered with 201 and is not in SQL`)
      continue
    }
    for (const field of Object.keys(row) as (keyof Stored)[])
      if (row[field] !== ticket[field])
        differences.push(`changed  ${seat}  ticket ${ticket.ticketId}: ${field} was answered as ${ticket[field]}, SQL has ${row[field]}`)
    stored.delete(ticket.ticketId)
  }
  for (const ticket of stored.values())
    differences.push(`nobodys  ${seatOf(ticket)}  ticket ${ticket.ticketId} is in SQL and no buyer was told of it`)
  return differences
}
