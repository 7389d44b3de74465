/** Ledger and catalogue have to mean the same seats: a zone of another size would sell seats under wrong names. */
import type { Ledger } from '../ledger/ledger.ts'
import type { Catalogue } from './catalogue.ts'

/** How many zones are open; the zones of the catalogue that are not; and those with another number of seats in the ledger. */
export type Geometry = { open: number; closed: string[]; different: string[] }

export async function compareGeometry(ledger: Ledger, catalogue: Catalogue): Promise<Geometry> {
  const open = new Map((await ledger.zones()).map(({ zone, seats }) => [zone, seats]))
  const geometry: Geometry = { open: open.size, closed: [], different: [] }
  for (const { zones } of catalogue.events())
    for (const { key: zone, map } of zones.values()) {
      const [here, there] = [map.rows * map.seatsPerRow, open.get(zone)]
      if (there === undefined) geometry.closed.push(zone)
      else if (there !== here) geometry.different.push(`${zone} (${there} in the ledger, ${here} in the catalogue)`)
    }
  return geometry
}

/** One sentence a kind of fault, none when all is well. */
export function faultsOf({ closed, different }: Geometry): string[] {
  const first = (zones: readonly string[]) => zones.slice(0, 3).join(', ')
  const faults: string[] = []
  if (closed.length > 0) faults.push(`${closed.length} zones are not open: ${first(closed)}`)
  if (different.length > 0) faults.push(`${different.length} zones have another number of seats: ${first(different)}`)
  return faults
}
