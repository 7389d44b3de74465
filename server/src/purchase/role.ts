/** purchase: instant sales, and the relay that carries their log entries to the read side. */
import { Refusal } from '@onsale/contract/refusals'
import type { StartRole } from '../roles.ts'
import { addPurchaseRoutes } from './routes.ts'
import { type Selling, startSelling } from './selling.ts'

export const startPurchaseRole: StartRole = async ({ adapters, prepare, http, report }) => {
  let selling: Selling | undefined
  const sell: Selling['sell'] = (wish, asked) =>
    selling?.sell(wish, asked) ?? Promise.reject(new Refusal('not-ready', 'The ledger is being opened.', { retryAfter: 2 }))
  addPurchaseRoutes(http, { sell }, report, () => selling?.poke())
  return {
    async open() {
      await prepare()
      selling = await startSelling({ ledger: await adapters.ledger(), bus: await adapters.bus(), sql: await adapters.sql(), report })
    },
    checks: async () => (await selling?.checks()) ?? [],
    async stop() {
      await selling?.stop()
    },
  }
}
