/** Sells as long as ledger and read side belong together, and looks again and again: at that, and for new events. */
import { setInterval } from 'node:timers'
import { Refusal } from '@onsale/contract/refusals'
import type { Bus } from '../bus/bus.ts'
import { type Catalogue, openCatalogue } from '../catalogue/catalogue.ts'
import { compareGeometry, faultsOf } from '../catalogue/geometry.ts'
import { openNewEvents } from '../catalogue/import.ts'
import { check, checkDatabase } from '../checks.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { startRelay } from '../relay/relay.ts'
import type { Report } from '../report.ts'
import type { Check } from '../roles.ts'
import { createSeatCommands, type SeatCommands } from '../seats/commands.ts'
import { storedPositions } from '../sql/positions.ts'
import type { Sql } from '../sql/sql.ts'
import { watchLag } from '../telemetry/lag.ts'

/** How soon an import by another process is noticed without being asked for, and a half that was lost or restored. */
const LOOK_MS = 2000
/** A purchase was refused because of it: some looks later is soon enough. */
const RESTORED_SOONEST_S = 10

/** What is sold now would be seen too late to trust what is shown. */
const MOST_BEHIND = 100_000

export type Selling = SeatCommands & {
  /** There is something new in the log. */
  poke(): void
  checks(): Promise<Check[]>
  stop(): Promise<void>
}

export async function startSelling({ ledger, bus, sql, report }: { ledger: Ledger; bus: Bus; sql: Sql; report: Report }): Promise<Selling> {
  const catalogue = await openCatalogue(sql)
  const lookForLag = watchLag(
    ledger,
    () => storedPositions(sql),
    (error) => report.failed('looking for lag', error),
  )
  let torn: string | null = null
  let looking: Promise<void> | undefined

  /** A half that was lost gets no new zones: their entries would take positions that stand for others in the read side. */
  async function news(): Promise<void> {
    if (torn === null) await openNewEvents(sql, ledger)
    await catalogue.refresh()
  }
  async function look(): Promise<void> {
    const now = await tornApart(ledger, sql)
    if (now !== null && torn === null) report.failed('nothing is sold', new Error(now))
    torn = now
    await news()
    report.lag(await lookForLag())
  }
  await look()
  for (const fault of faultsOf(await compareGeometry(ledger, catalogue))) report.failed('ledger and catalogue disagree', new Error(fault))
  const interval = setInterval(() => {
    // A server that is away keeps it waiting for longer than that.
    looking ??= look()
      .catch((error: unknown) => report.failed('looking at catalogue, ledger and read side', error))
      .finally(() => {
        looking = undefined
      })
  }, LOOK_MS).unref()
  const commands = createSeatCommands(ledger, { ...catalogue, refresh: news })
  const carrier = watched(bus)
  const relay = startRelay({
    ledger,
    bus: carrier,
    stored: () => storedPositions(sql),
    onError: (error) => report.failed('relay', error),
    onPublished: report.published,
  })

  return {
    sell(wish, asked) {
      if (torn === null) return commands.sell(wish, asked)
      const facts = { retryAfter: RESTORED_SOONEST_S }
      return Promise.reject(new Refusal('not-ready', 'Ledger and read side do not belong together.', facts))
    },
    poke: relay.poke,
    async checks() {
      // Sales go on without database and bus: the log keeps what they get later.
      const checks = await Promise.all([
        check('ledger', 'failing', () => openZones(ledger, catalogue)),
        check('log', 'failing', async () => {
          if (torn !== null) throw new Error(torn)
          return 'ledger and read side belong together'
        }),
        check('bus', 'degraded', async () => carrier.state()),
      ])
      const database = await checkDatabase(sql, 'database', 'degraded')
      const isAnswered = [checks[0], database[0]].every((one) => one?.status === 'ok')
      // How much waits is known when both answer.
      return [...checks, ...database, ...(isAnswered ? [await check('backlog', 'failing', () => waiting(ledger, sql))] : [])]
    },
    async stop() {
      clearInterval(interval)
      await looking
      await relay.stop()
    },
  }
}

/** Knows whether the last messages could be handed over. */
function watched(bus: Bus): Pick<Bus, 'publish'> & { state(): string } {
  let fault: unknown
  return {
    async publish(messages) {
      try {
        await bus.publish(messages)
        fault = undefined
      } catch (error) {
        fault = error
        throw error
      }
    },
    state() {
      if (fault !== undefined) throw fault
      return 'took the last messages'
    },
  }
}

async function openZones(ledger: Ledger, catalogue: Catalogue): Promise<string> {
  const geometry = await compareGeometry(ledger, catalogue)
  const faults = faultsOf(geometry)
  if (faults.length > 0) throw new Error(faults.join('; '))
  return `${geometry.open} zones are open`
}

async function waiting(ledger: Ledger, sql: Sql): Promise<string> {
  const behind = await backlogOf(ledger, sql)
  if (behind >= MOST_BEHIND) throw new Error(`${behind} entries wait for the read side`)
  return `${behind} entries wait for the read side`
}

async function backlogOf(ledger: Ledger, sql: Sql): Promise<number> {
  const stored = await storedPositions(sql)
  return (await ledger.ends()).reduce((sum, { shard, head }) => sum + head - (stored.get(shard) ?? 0), 0)
}

/**
 * Whether one half was lost, or restored from an older copy than the other: then seats that were sold would be sold again, or sales would
 * never be seen. Says which, or null.
 *
 * Others sell, store and trim meanwhile, so each side is compared with what the other said before or after it: what was trimmed is stored by
 * the time `stored` is read, and what is stored is in the log by the time its head is read.
 */
async function tornApart(ledger: Ledger, sql: Sql): Promise<string | null> {
  const before = await ledger.ends()
  const stored = await storedPositions(sql)
  const heads = new Map((await ledger.ends()).map(({ shard, head }) => [shard, head]))
  // A shard that the ledger does not know at all is as lost as one that is shorter.
  for (const [shard, here] of stored)
    if (here > (heads.get(shard) ?? 0))
      return `The read side has stored ${here} entries of shard ${shard}, the ledger has ${heads.get(shard) ?? 0}: the ledger is lost or an older copy.`
  for (const { shard, trimmed } of before) {
    const here = stored.get(shard) ?? 0
    if (here < trimmed)
      return `The ledger was told that ${trimmed} entries of shard ${shard} are stored, the read side has ${here}: the read side is lost or an older copy.`
  }
  return null
}
