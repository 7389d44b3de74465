import { levelOf } from '../sale.ts'

/** Free of all, beside the number: it says nothing that the number does not. */
export function Meter({ free, places }: { free: number; places: number }) {
  return (
    <span className={`meter ${levelOf(free, places)}`} aria-hidden="true">
      <i style={{ width: `${places === 0 ? 0 : (100 * free) / places}%` }} />
    </span>
  )
}
