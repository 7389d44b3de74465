/** purchase: instant sales, and the relay that carries their log entries to the read side. */
import { setInterval } from 'node:timers'
import { openCatalogue } from '../catalogue/catalogue.ts'
import { compareGeometry, faultsOf } from '../catalogue/geometry.ts'
import { openNewEvents } from '../catalogue/import.ts'
import { startRelay } from '../relay/relay.ts'
import type { StartRole } from '../roles.ts'
import { createSeatCommands } from '../seats/commands.ts'
import { storedPositions } from '../sql/positions.ts'
import { addPurchaseRoutes } from './routes.ts'

/** How soon an import by another process is noticed without being asked for. */
const CATALOGUE_MS = 2000

export const startPurchaseRole: StartRole = async ({ adapters: { ledger, bus, sql }, http, report }) => {
  await openNewEvents(sql, ledger)
  const catalogue = await openCatalogue(sql)
  for (const fault of faultsOf(await compareGeometry(ledger, catalogue))) report.failed('ledger and catalogue disagree', new Error(fault))
  const refreshing = setInterval(() => {
    Promise.all([openNewEvents(sql, ledger), catalogue.refresh()]).catch((error: unknown) => report.failed('reading the catalogue', error))
  }, CATALOGUE_MS).unref()
  const relay = startRelay({ ledger, bus, stored: () => storedPositions(sql), onError: (error) => report.failed('relay', error) })
  addPurchaseRoutes(http, createSeatCommands(ledger, catalogue), report, relay.poke)
  return {
    async stop() {
      clearInterval(refreshing)
      await relay.stop()
    },
    async checks() {
      const behind = await backlog()
      report.backlog(behind)
      const geometry = await compareGeometry(ledger, catalogue)
      const faults = faultsOf(geometry)
      return [
        { name: 'ledger', status: faults.length === 0 ? 'ok' : 'failing', detail: faults.join('; ') || `${geometry.open} zones are open` },
        { name: 'backlog', status: behind < 100_000 ? 'ok' : 'failing', detail: `${behind} entries wait for the read side` },
      ]
    },
  }

  async function backlog(): Promise<number> {
    const stored = await storedPositions(sql)
    return (await ledger.ends()).reduce((sum, { shard, head }) => sum + head - (stored.get(shard) ?? 0), 0)
  }
}
