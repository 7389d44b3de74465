/** What changed in an event: the rows that live streams are made of (projector/changes.ts writes them). */
import { sql as raw } from 'kysely'
import type { Sql } from '../sql/sql.ts'

export function changeQueries(sql: Sql) {
  const { db } = sql

  /**
   * Rows of the live stream after a number (seats as JSON objects joined by commas), and free, held and sold of each zone. The two are of
   * one moment: figures of another one would be told too early or never.
   */
  function changesAndFigures(eventId: string, after: number, limit: number) {
    return sql.snapshot(async (trx) => {
      const rows = await trx
        .selectFrom('event_changes')
        .select(['seq', 'body'])
        .where('event_id', '=', eventId)
        .where('seq', '>', after)
        .orderBy('seq')
        .limit(limit)
        .execute()
      if (rows.length === 0) return { rows, figures: [] }
      const zones = await trx
        .selectFrom('event_zones')
        .select(['zone_id', 'available', 'held', 'sold'])
        .where('event_id', '=', eventId)
        .execute()
      return { rows, figures: zones.map(({ zone_id, ...rest }) => ({ zoneId: zone_id, ...rest })) }
    })
  }

  /** How much the rows after a number are together. */
  async function changedBytes(eventId: string, after: number): Promise<number> {
    const row = await db
      .selectFrom('event_changes')
      .select(raw<number | null>`sum(length(body))`.as('bytes'))
      .where('event_id', '=', eventId)
      .where('seq', '>', after)
      .executeTakeFirst()
    return Number(row?.bytes ?? 0)
  }

  return { changesAndFigures, changedBytes }
}
