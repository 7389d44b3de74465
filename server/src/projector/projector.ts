/**
 * Log entries -> SQL; the only writer of the read tables. One batch is one transaction: the entry itself is stored first, and one that
 * is stored already is skipped, so that repeats change nothing. Entries of a shard are applied in its order: what comes before its turn
 * waits in the archive, so that disorder changes nothing either. (Applied as they came, a seat that was sold, refunded and sold again
 * had two tickets when the second sale overtook the refund, and a map that watched it live kept the wrong state.)
 */

import type { Entry } from '@onsale/contract/entry'
import type { Transaction } from 'kysely'
import type { Schema } from '../sql/schema.ts'
import type { Sql } from '../sql/sql.ts'
import { Distribution, SECONDS } from '../telemetry/distribution.ts'
import { storeChanges } from './changes.ts'
import { addFigures, clearFigures } from './figures.ts'
import { storeHeldSeats } from './held-seats.ts'
import { type Conflict, storeTickets } from './tickets.ts'

/** How long the live stream can be resumed. */
const CHANGES_KEPT_MS = 10 * 60 * 1000

/**
 * `repeats` were stored before; `conflicts` are second tickets for one seat; `unknown` are kinds or versions this process does not know.
 * `lags`: seconds from the writing of what is new to now, by shard. `wrote`: the transaction, ms since 1970.
 */
export type Projected = {
  stored: number
  repeats: number
  conflicts: Conflict[]
  unknown: string[]
  lags: Map<string, Pick<Distribution, 'counts' | 'sum'>>
  wrote: { fromMs: number; toMs: number }
}

export type Projector = { project(messages: readonly string[], now: number): Promise<Projected> }

type Came = { body: string; entry: Entry }

export function createProjector(sql: Sql): Projector {
  let prunedAt = 0
  return {
    async project(messages, now) {
      const came = messages.map((body): Came => ({ body, entry: JSON.parse(body) as Entry })).sort(byPlace)
      const fromMs = Date.now()
      const { fresh, ...projected } = await sql.write(async (trx) => {
        const { fresh, ready } = await archive(sql, trx, came)
        const conflicts = await apply(sql, trx, ready.filter(isKnown), now)
        if (now - prunedAt > CHANGES_KEPT_MS / 10) {
          prunedAt = now
          await trx
            .deleteFrom('event_changes')
            .where('at', '<', new Date(now - CHANGES_KEPT_MS).toISOString())
            .execute()
        }
        const unknown = fresh.filter((entry) => !isKnown(entry)).map(({ kind, v }) => `${kind} version ${v}`)
        return { fresh, stored: fresh.length, repeats: came.length - fresh.length, conflicts, unknown }
      })
      const toMs = Date.now()
      return { ...projected, lags: lagsOf(fresh, toMs), wrote: { fromMs, toMs } }
    },
  }
}

/** A clock that is ahead of ours makes no lag below zero, and what is no time makes none at all. */
function lagsOf(fresh: readonly Entry[], now: number): Map<string, Distribution> {
  const lags = new Map<string, Distribution>()
  let [last, at] = ['', 0]
  for (const { shard, createdOn } of fresh) {
    // A rush has a dozen sales in a millisecond.
    if (createdOn !== last) at = Date.parse(createdOn)
    last = createdOn
    const lag = lags.get(shard) ?? new Distribution(SECONDS)
    lags.set(shard, lag)
    lag.add((Math.max(now - at, 0) || 0) / 1000)
  }
  return lags
}

/** Every read table from the archive, in batches. Entries behind a gap still wait for their turn. */
export async function rebuild(sql: Sql, now: number, onProgress: (applied: number) => void = () => {}): Promise<number> {
  return sql.write(async (trx) => {
    const shards = trx.selectFrom('positions').selectAll().orderBy('shard')
    const positions = await (sql.locksRows ? shards.forUpdate() : shards).execute()
    for (const table of ['tickets', 'held_seats', 'sales', 'conflicts', 'event_changes'] as const) await trx.deleteFrom(table).execute()
    await clearFigures(trx)
    let applied = 0
    for (const { shard, stored } of positions) {
      for (let after = 0; ; ) {
        const rows = await trx
          .selectFrom('entries')
          .select(['last', 'body'])
          .where('shard', '=', shard)
          .where('first', '>', after)
          .where('first', '<=', Math.min(after + 2000, stored))
          .orderBy('first')
          .execute()
        if (rows.length === 0) break
        const entries = rows.flatMap(({ body }) => entriesIn(body))
        await apply(sql, trx, entries.filter(isKnown), now)
        after = Number(rows.at(-1)?.last)
        applied += entries.length
        onProgress(applied)
      }
    }
    return applied
  })
}

async function apply(sql: Sql, trx: Transaction<Schema>, entries: readonly Entry[], now: number): Promise<Conflict[]> {
  if (entries.length === 0) return []
  const { conflicts, strangers } = await storeTickets(sql, trx, entries, now)
  await storeHeldSeats(sql, trx, entries)
  await addFigures(sql, trx, entries, strangers)
  await storeChanges(sql, trx, entries, now)
  return conflicts
}

function byPlace({ entry: a }: Came, { entry: b }: Came): number {
  return a.shard === b.shard ? a.position - b.position : a.shard < b.shard ? -1 : 1
}

/** Of a kind and version that this process can apply; others are stored and skipped. */
export function isKnown(entry: Entry): boolean {
  return entry.v === 1 && (entry.kind === 'SeatsSold' || entry.kind === 'SeatsHeld' || entry.kind === 'SeatsReleased')
}

/** So many entries a row of the archive at most: some 200 KB. */
export const MOST_IN_ROW = 500

/**
 * Stores what is new, and moves `stored` of each shard up to its first gap. `fresh` are the entries that were not here before; `ready` those
 * that can be applied now, in the order of the log: they follow what is applied already, or waited in the archive for just these.
 */
async function archive(sql: Sql, trx: Transaction<Schema>, came: readonly Came[]): Promise<{ fresh: Entry[]; ready: Entry[] }> {
  if (came.length === 0) return { fresh: [], ready: [] }
  const shards = Map.groupBy(came, ({ entry }) => entry.shard)
  const applied = await appliedOf(sql, trx, [...shards.keys()])
  const waiting = await waitingOf(trx, [...shards.keys()])
  const fresh = new Map<string, Came[]>()
  for (const [shard, ofShard] of shards) fresh.set(shard, withoutThose(ofShard, applied.get(shard) ?? 0, waiting.get(shard) ?? []))
  await sql.insertOnce(
    trx,
    'entries',
    [...fresh].flatMap(([shard, ofShard]) => runs(ofShard).map((run) => rowOf(shard, run))),
  )
  const ready: Entry[] = []
  const steps: { shard: string; stored: number }[] = []
  for (const [shard, ofShard] of fresh) {
    const before = applied.get(shard)
    const entries = await following(trx, shard, before ?? 0, ofShard, waiting.get(shard) ?? [])
    if (entries.length > 0 || before === undefined) steps.push({ shard, stored: entries.length })
    for (const entry of entries) ready.push(entry)
  }
  await sql.add(trx, 'positions', ['shard'], steps)
  return { fresh: [...fresh.values()].flatMap((ofShard) => ofShard.map(({ entry }) => entry)), ready }
}

/**
 * How far each shard is applied. Where several can write, its row is locked until the end: two projectors on one shard (one of them thought
 * dead, or a bus that shares out messages) would else apply the same entries, or both stop at a gap that the other has just closed.
 */
async function appliedOf(sql: Sql, trx: Transaction<Schema>, shards: readonly string[]): Promise<Map<string, number>> {
  const query = trx.selectFrom('positions').selectAll().where('shard', 'in', shards)
  const rows = await (sql.locksRows ? query.orderBy('shard').forUpdate() : query).execute()
  const applied = new Map(rows.map(({ shard, stored }) => [shard, stored]))
  if (!sql.locksRows || rows.length === shards.length) return applied
  const missing = shards.filter((shard) => !applied.has(shard))
  await sql.insertOnce(
    trx,
    'positions',
    missing.map((shard) => ({ shard, stored: 0 })),
  )
  return appliedOf(sql, trx, shards)
}

/** What waits behind a gap of each shard, by position. */
async function waitingOf(trx: Transaction<Schema>, shards: readonly string[]): Promise<Map<string, Run[]>> {
  const rows = await trx
    .selectFrom('positions')
    .innerJoin('entries', 'entries.shard', 'positions.shard')
    .select(['entries.shard', 'first', 'last'])
    .where('positions.shard', 'in', shards)
    .whereRef('first', '>', 'stored')
    .orderBy('first')
    .execute()
  return Map.groupBy(rows, ({ shard }) => shard)
}

/** The entries of a shard that follow `before` without a gap, of those who came and those who waited. */
async function following(
  trx: Transaction<Schema>,
  shard: string,
  before: number,
  came: readonly Came[],
  waiting: readonly Run[],
): Promise<Entry[]> {
  const ready: Entry[] = []
  for (let c = 0, w = 0; ; ) {
    const next = before + ready.length + 1
    if (came[c]?.entry.position === next) ready.push((came[c++] as Came).entry)
    else if (waiting[w]?.first === next) ready.push(...(await rowFrom(trx, shard, (waiting[w++] as Run).first)))
    else return ready
  }
}

type Run = { first: number; last: number }

/** What is neither applied nor waiting, and not twice among those who came. Both lists go by position. */
function withoutThose(came: readonly Came[], applied: number, waiting: readonly Run[]): Came[] {
  let w = 0
  return came.filter(({ entry: { position } }, i) => {
    while (w < waiting.length && (waiting[w] as Run).last < position) w++
    const isWaiting = w < waiting.length && (waiting[w] as Run).first <= position
    return position > applied && !isWaiting && position !== came[i - 1]?.entry.position
  })
}

/** Entries whose positions follow one another, cut where a row is full. */
function runs(came: readonly Came[]): Came[][] {
  const found: Came[][] = []
  for (const each of came) {
    const run = found.at(-1)
    if (run && run.length < MOST_IN_ROW && run.at(-1)?.entry.position === each.entry.position - 1) run.push(each)
    else found.push([each])
  }
  return found
}

function rowOf(shard: string, run: readonly Came[]): { shard: string; first: number; last: number; body: string } {
  const first = (run[0] as Came).entry.position
  return { shard, first, last: first + run.length - 1, body: run.map(({ body }) => body).join('\n') }
}

async function rowFrom(trx: Transaction<Schema>, shard: string, first: number): Promise<Entry[]> {
  const row = await trx.selectFrom('entries').select('body').where('shard', '=', shard).where('first', '=', first).executeTakeFirstOrThrow()
  return entriesIn(row.body)
}

/** A row of the archive, opened. */
export function entriesIn(body: string): Entry[] {
  return body.split('\n').map((line) => JSON.parse(line) as Entry)
}
