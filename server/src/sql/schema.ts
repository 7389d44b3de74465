/**
 * The tables. Catalogue (venues, zones, events, event_zones' prices) is written by imports; everything else by the projector only.
 * Times are ISO 8601 in UTC as text, so that they sort and read the same in every database; money is minor units.
 */
import type { Generated } from 'kysely'

export type Schema = {
  venues: { venue_id: string; name: string; city: string; time_zone: string; plan: string | null }
  zones: {
    venue_id: string
    zone_id: number
    ordinal: number
    section: string | null
    name: string | null
    rows_: number
    seats_per_row: number
    capacity: number
    /** JSON arrays of seat ranges, and of points. */
    gaps: string
    accessible: string
    companion: string
    plan: string | null
  }
  events: {
    event_id: string
    venue_id: string
    name: string
    type: string
    description: string | null
    starts_at: string
    doors_open_at: string | null
    sale_starts_at: string | null
    sale_ends_at: string
    sale: 'instant' | 'checkout'
    currency: string
    hold_seconds: number
    max_per_order: number
    active: number
    /** 1 once the ledger has opened the event's zones; from then on a ledger that does not know them refuses. */
    opened: number
    /** Counts the rows of event_changes: the id of the live stream. Its row is locked to number them. */
    seq: number
  }
  /** Prices, and counters that equal a recount of tickets and held_seats at any quiet moment. */
  event_zones: {
    event_id: string
    zone_id: number
    ordinal: number
    price: number
    available: number
    held: number
    sold: number
    revenue: number
    /** Grows with every change; the ETag of the zone's seats. */
    version: number
  }
  /**
   * The archive: every entry of the log as it came, once; all read tables can be rebuilt from it. A row holds a run of entries that follow
   * one another, a line each. A row an entry cost the projector a fifth more.
   */
  entries: { shard: string; first: number; last: number; body: string }
  /** Everything up to `stored` of a shard is in `entries`, without a gap, and applied. Rows behind a gap begin behind it. */
  positions: { shard: string; stored: number }
  tickets: {
    /** The order of storing, which is the order of commit within a shard. */
    number: Generated<number>
    position: number
    shard: string
    ticket_id: string
    venue_id: string
    event_id: string
    zone_id: number
    row_: string
    column_: number
    status: 'PAID' | 'CANCELLED' | 'REFUNDED'
    /** 1, or null when the ticket is cancelled or refunded: unique (event, zone, row, column, living) forbids two owners. */
    living: number | null
    price: number
    currency: string
    created_on: string
  }
  /** The newest word on every seat that was ever held. A seat is held when this row says so and no newer ticket does otherwise. */
  held_seats: {
    event_id: string
    zone_id: number
    row_: string
    column_: number
    position: number
    held: number
    expires_at: string | null
  }
  /** Counters by row and by column of an event. */
  sales: { event_id: string; dimension: 'row' | 'column'; value: string; sold: number; revenue: number }
  /** The tail of the live stream: what one projected batch changed in one event. Kept for minutes. */
  event_changes: { event_id: string; seq: number; at: string; body: string }
  /** Two different tickets for one seat: never merged, always told. */
  conflicts: {
    shard: string
    position: number
    ticket_id: string
    event_id: string
    zone_id: number
    row_: string
    column_: number
    found_on: string
  }
  /** One row: counts imports, so that every process notices a new catalogue. */
  catalogue: { id: number; version: number }
}
