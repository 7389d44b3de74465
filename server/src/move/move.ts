/**
 * An embedded box office moves to other engines while it sells: copy, follow, prove, pause, switch.
 *
 * Entries keep their shard and position, so that tokens, keys, ticket lists and the archive mean the same on both sides, and equality is
 * a comparison. Everything that may fail comes before the one step after which there is no way back: the mark in the old ledger that it was
 * left. Before it the target sells nothing (it is being restored); after it the source never does.
 */
import { type Audit, audit } from '../audit.ts'
import type { Departure, Ledger, Place, RestoredEntry } from '../ledger/ledger.ts'
import { createProjector } from '../projector/projector.ts'
import { migrate } from '../sql/migrate.ts'
import type { Sql } from '../sql/sql.ts'
import { archivedAfter, openingsOf, restoredEntry, type Zones, zonesOf } from './archive.ts'
import { catalogueVersion, copyCatalogue } from './copy.ts'

export type Halves = { ledger: Ledger; sql: Sql }
export type Step = { step: 'copying' | 'proving' | 'opening' | 'switching'; done: number; of: number }
export type Moved = { entries: number; zones: number; seconds: number; pausedMs: number; checked: Audit['checked'] }

export type Move = {
  source: Halves
  target: Halves
  /** What stands in the old ledger for ever: addresses without passwords. */
  to: Place
  /** Until the switch it ends the move; nothing has changed then. */
  signal: AbortSignal
  tell(step: Step): void
  /** Starts all that takes long of what will serve the target. */
  prepare(): Promise<void>
  /** Ledger and read side are complete: now it is ready to sell, or throws. */
  ready(): Promise<void>
}

/** Entries a step: in larger transactions each costs a little less, but the buyers wait some 20 ms for what this thread does of it. */
const AT_ONCE = 1000
/** So few are left when sales pause: some 100 ms. */
const FEW = 400
/** Rounds of following in which they are not fewer: then sales come faster than they are copied. */
const MOST_ROUNDS = 200

/** After the mark: the source is left, and the target was not told that it may sell. */
export class LeftBehind extends Error {
  override name = 'LeftBehind'
}

/** Resolves when the target may sell and the source is left for ever. The caller then sends it the buyers. */
export async function move({ source, target, to, signal, tell, prepare, ready }: Move): Promise<Moved & { pausedAt: number }> {
  const began = performance.now()
  const { departure } = source.ledger
  if (!departure) throw new Error('Only an embedded ledger moves.')
  await migrate(target.sql)
  const version = await catalogueVersion(source.sql)
  await copyCatalogue(source.sql, target.sql)
  const zones = await zonesOf(source.sql)
  const follower = follow(source, target, departure, zones, signal, tell)
  let [pausedAt, isLeft] = [0, false]
  let checked: Audit['checked'] | undefined

  async function* entries(): AsyncGenerator<RestoredEntry[]> {
    yield* follower.untilFew()
    checked = await proved(target, tell)
    tell({ step: 'opening', done: 0, of: 1 })
    await prepare()
    yield* follower.untilFew()
    signal.throwIfAborted()
    pausedAt = performance.now()
    tell({ step: 'switching', done: 0, of: 1 })
    await departure?.pause()
    yield* follower.rest()
    if ((await catalogueVersion(source.sql)) !== version) throw new Error('The catalogue changed meanwhile: move again.')
    await refuseDifferent(source.ledger, target.ledger, zones)
    await ready()
    signal.throwIfAborted()
    await departure?.leave(to)
    isLeft = true
  }

  try {
    const shard = (await source.ledger.ends())[0]?.shard ?? ''
    await target.ledger.restore(
      openingsOf(zones).map((opening) => ({ ...opening, shard })),
      entries(),
    )
  } catch (error) {
    if (isLeft) throw new LeftBehind('The old ledger is left, and the new one could not be opened for sale.', { cause: error })
    departure.resume()
    throw error
  }
  const seconds = (performance.now() - began) / 1000
  return { entries: follower.at(), zones: zones.size, seconds, pausedAt, pausedMs: 0, checked: checked as Audit['checked'] }
}

type Follower = { at(): number; untilFew(): AsyncGenerator<RestoredEntry[]>; rest(): AsyncGenerator<RestoredEntry[]> }

/** Entries of the source, oldest first: into the target's read side, and then to its ledger. */
function follow(source: Halves, target: Halves, departure: Departure, zones: Zones, signal: AbortSignal, tell: Move['tell']): Follower {
  const projector = createProjector(target.sql)
  let at = 0

  async function ends(): Promise<{ shard: string; head: number }> {
    const [ends] = await source.ledger.ends()
    if (!ends) throw new Error('The ledger has no shard.')
    return ends
  }

  /** The log has a day, and what is not stored yet; the archive has what is older. */
  async function next(shard: string): Promise<string[]> {
    const entries = await source.ledger.read({ shard, after: at, limit: AT_ONCE })
    return entries[0]?.position === at + 1 ? entries.map(({ body }) => body) : archivedAfter(source.sql, shard, at)
  }

  async function* upTo(shard: string, head: number): AsyncGenerator<RestoredEntry[]> {
    while (at < head) {
      signal.throwIfAborted()
      const bodies = await next(shard)
      const kept = await departure.keys({ after: at, upTo: at + bodies.length })
      const keys = new Map(kept.map((key) => [key.position, key]))
      await projector.project(bodies, Date.now())
      yield bodies.map((body) => restoredEntry(body, zones, keys))
      at += bodies.length
      tell({ step: 'copying', done: at, of: Math.max(head, at) })
    }
  }

  return {
    at: () => at,
    async *untilFew() {
      for (let round = 0; ; round++) {
        const { shard, head } = await ends()
        if (round > 0 && head - at <= FEW) return
        if (round > MOST_ROUNDS) throw new Error('Sales come faster than they can be copied. Move when it is quieter.')
        yield* upTo(shard, head)
      }
    },
    async *rest() {
      const { shard, head } = await ends()
      yield* upTo(shard, head)
    },
  }
}

/** Nobody writes to the target but this move, so it is at rest, however busy the source is. */
async function proved({ ledger, sql }: Halves, tell: Move['tell']): Promise<Audit['checked']> {
  tell({ step: 'proving', done: 0, of: 1 })
  const { differences, checked } = await audit(ledger, sql, Date.now())
  if (differences.length > 0)
    throw new Error(
      `The copy is not what was copied: ${differences.length} differences, such as ${differences
        .slice(0, 3)
        .map(({ what, where, detail }) => `${what} ${where} ${detail}`)
        .join('; ')}`,
    )
  return checked
}

/** Every seat of every zone and the end of the log, in the two ledgers. */
async function refuseDifferent(source: Ledger, target: Ledger, zones: Zones): Promise<void> {
  const [[ours], theirs] = await Promise.all([source.ends(), target.ends()])
  const there = theirs.find(({ shard }) => shard === ours?.shard)?.head ?? 0
  if (there !== ours?.head) throw new Error(`The log ends at ${ours?.head} here and at ${there} there.`)
  const now = Date.now()
  const names = [...zones.keys()]
  for (let i = 0; i < names.length; i += 100)
    await Promise.all(
      names.slice(i, i + 100).map(async (zone) => {
        const [here, copy] = await Promise.all([source.seats(zone, now), target.seats(zone, now)])
        if (!here || !copy || Buffer.compare(here, copy) !== 0) throw new Error(`Zone ${zone} has other seats there than here.`)
      }),
    )
}
