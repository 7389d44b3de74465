/** purchase: instant sales, and the relay that carries their log entries to the read side. */
import { setInterval } from 'node:timers'
import { Refusal } from '@onsale/contract/refusals'
import { openCatalogue } from '../catalogue/catalogue.ts'
import { compareGeometry, faultsOf } from '../catalogue/geometry.ts'
import { openNewEvents } from '../catalogue/import.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { startRelay } from '../relay/relay.ts'
import type { StartRole } from '../roles.ts'
import { createSeatCommands, type SeatCommands } from '../seats/commands.ts'
import { storedPositions } from '../sql/positions.ts'
import type { Sql } from '../sql/sql.ts'
import { watchLag } from '../telemetry/lag.ts'
import { addPurchaseRoutes } from './routes.ts'

/** How soon an import by another process is noticed without being asked for. */
const CATALOGUE_MS = 2000

export const startPurchaseRole: StartRole = async ({ adapters: { ledger, bus, sql }, http, report }) => {
  await openNewEvents(sql, ledger)
  const catalogue = await openCatalogue(sql)
  for (const fault of faultsOf(await compareGeometry(ledger, catalogue))) report.failed('ledger and catalogue disagree', new Error(fault))
  const lookForLag = watchLag(
    ledger,
    () => storedPositions(sql),
    (error) => report.failed('looking for lag', error),
  )
  report.lag(await lookForLag())
  const refreshing = setInterval(() => {
    Promise.all([openNewEvents(sql, ledger), catalogue.refresh()]).catch((error: unknown) => report.failed('reading the catalogue', error))
    lookForLag().then(report.lag, (error: unknown) => report.failed('looking for lag', error))
  }, CATALOGUE_MS).unref()
  const torn = await tornApart(ledger, sql)
  if (torn) report.failed('nothing is sold', new Error(torn))
  const commands: SeatCommands = torn
    ? { sell: () => Promise.reject(new Refusal('not-ready', 'Ledger and read side do not belong together.', { retryAfter: 60 })) }
    : createSeatCommands(ledger, catalogue)
  const relay = startRelay({
    ledger,
    bus,
    stored: () => storedPositions(sql),
    onError: (error) => report.failed('relay', error),
    onPublished: report.published,
  })
  addPurchaseRoutes(http, commands, report, relay.poke)
  return {
    async stop() {
      clearInterval(refreshing)
      await relay.stop()
    },
    async checks() {
      const behind = await backlog()
      const geometry = await compareGeometry(ledger, catalogue)
      const faults = faultsOf(geometry)
      return [
        { name: 'ledger', status: faults.length === 0 ? 'ok' : 'failing', detail: faults.join('; ') || `${geometry.open} zones are open` },
        { name: 'log', status: torn ? 'failing' : 'ok', detail: torn ?? 'ledger and read side belong together' },
        { name: 'backlog', status: behind < 100_000 ? 'ok' : 'failing', detail: `${behind} entries wait for the read side` },
      ]
    },
  }

  async function backlog(): Promise<number> {
    const stored = await storedPositions(sql)
    return (await ledger.ends()).reduce((sum, { shard, head }) => sum + head - (stored.get(shard) ?? 0), 0)
  }
}

/**
 * Whether one half was lost, or restored from an older copy than the other: then seats that were sold would be sold again, or sales would
 * never be seen. Says which, or null.
 */
async function tornApart(ledger: Ledger, sql: Sql): Promise<string | null> {
  const stored = await storedPositions(sql)
  const ends = await ledger.ends()
  const heads = new Map(ends.map(({ shard, head }) => [shard, head]))
  // A shard that the ledger does not know at all is as lost as one that is shorter.
  for (const [shard, here] of stored)
    if (here > (heads.get(shard) ?? 0))
      return `The read side has stored ${here} entries of shard ${shard}, the ledger has ${heads.get(shard) ?? 0}: the ledger is lost or an older copy.`
  for (const { shard, trimmed } of ends) {
    const here = stored.get(shard) ?? 0
    if (here < trimmed)
      return `The ledger was told that ${trimmed} entries of shard ${shard} are stored, the read side has ${here}: the read side is lost or an older copy.`
  }
  return null
}
