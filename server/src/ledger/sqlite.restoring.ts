/** Puts the entries of the archive back into an embedded ledger that was lost. Until all are there, nothing is sold. */
import type { Change, RestoredZone, ZoneKey, ZoneOpening } from './ledger.ts'
import { SHARD } from './sqlite.store.ts'

export type Restoring = {
  begin(zones: readonly RestoredZone[]): void
  /** Entries from position `first` on. What is here already is left as it is. */
  put(first: number, changes: readonly Change[]): void
  end(now: number): void
}

/** What it needs of the store. */
type Store = {
  head(): number
  isOn(): boolean
  set(isOn: boolean): void
  open(zones: readonly ZoneOpening[]): void
  isOpen(zone: ZoneKey): boolean
  putBack(changes: readonly Change[]): void
  factAt(position: number): string | undefined
  checkpoint(now: number): void
}

export function createRestoring(store: Store): Restoring {
  /** Another house's entries must not be taken for these. */
  function refuseOther(position: number, fact: string | undefined): void {
    const here = store.factAt(position)
    if (here !== undefined && here !== fact) throw new Error(`The ledger has another entry at ${position} of shard ${SHARD}.`)
  }

  return {
    begin(zones) {
      if (store.head() === 0) store.set(true)
      // A zone that is missing where others sell has lost its sales: opened, it would look like an empty one.
      if (store.isOn()) store.open(zones)
    },
    put(first, changes) {
      const head = store.head()
      if (first > head + 1) throw new Error(`Entry ${head + 1} of shard ${SHARD} is missing before ${first}.`)
      const fresh = changes.slice(head + 1 - first)
      const known = changes.length - fresh.length
      if (known > 0) refuseOther(first + known - 1, changes[known - 1]?.options[0]?.fact)
      if (fresh.length === 0) return
      if (!store.isOn()) throw new Error(`Shard ${SHARD} ends at ${head} and sells: entry ${head + 1} cannot be put back into it.`)
      const stranger = fresh.find(({ zone }) => !store.isOpen(zone))
      if (stranger) throw new Error(`An entry names zone ${stranger.zone}, which is not among the zones.`)
      store.putBack(fresh)
    },
    end(now) {
      if (!store.isOn()) return
      store.checkpoint(now)
      store.set(false)
    },
  }
}
