// One row of the list. Its checkboxes exist only while it is open: 400 rows of 250 closed are 400 lines, not 100,000 boxes.
import { useRef } from 'react'
import type { SeatMapProps } from './SeatMap.tsx'
import { rowName } from './seat-geometry.ts'
import { lookOf, placeOf } from './seat-state.ts'

type SeatRowProps = {
  readonly map: SeatMapProps
  readonly row: number
  readonly codes: string
  /** What is to be had now, in order. */
  readonly columns: readonly number[]
  readonly summary: string
  readonly isOpen: boolean
  readonly onOpen: (row: number, isOpen: boolean) => void
  readonly onPick: (seat: number) => void
}

export function SeatRow({ map, row, codes, columns, summary, isOpen, onOpen, onPick }: SeatRowProps): React.JSX.Element {
  const name = map.words.rows.name({ row: rowName(row) })
  const shown = useShown(columns, isOpen)
  const seats = shown.map((column) => row * map.zone.seatsPerRow + column)
  return (
    <li>
      <details open={isOpen} onToggle={(event) => onOpen(row, event.currentTarget.open)}>
        <summary>
          <strong>{name}</strong>
          <span className="soft">{summary}</span>
        </summary>
        {isOpen && (
          <fieldset className="boxes" aria-label={name}>
            {placesFirst(map.zone, seats).map((seat) => (
              <SeatBox key={seat} map={map} seat={seat} code={codes.charCodeAt(seat % map.zone.seatsPerRow)} onPick={onPick} />
            ))}
          </fieldset>
        )}
      </details>
    </li>
  )
}

/** What was there when the row was opened stays, disabled when somebody takes it: boxes neither jump nor take the focus with them. */
function useShown(columns: readonly number[], isOpen: boolean): readonly number[] {
  const shown = useRef<ReadonlySet<number>>(new Set())
  shown.current = new Set(isOpen ? [...shown.current, ...columns] : [])
  return [...shown.current].sort((a, b) => a - b)
}

function placesFirst(zone: SeatMapProps['zone'], seats: readonly number[]): number[] {
  const isStandard = (seat: number) => placeOf(zone, seat) === 'standard'
  return [...seats.filter((seat) => !isStandard(seat)), ...seats.filter(isStandard)]
}

type SeatBoxProps = { readonly map: SeatMapProps; readonly seat: number; readonly code: number; readonly onPick: (seat: number) => void }

function SeatBox({ map, seat, code, onPick }: SeatBoxProps): React.JSX.Element | null {
  const look = lookOf(code, seat, map)
  if (!look) return null
  const isMine = look === 'mine'
  const isTaken = !isMine && look !== 'free'
  const text = map.words.rows.seat({ seat: (seat % map.zone.seatsPerRow) + 1, place: placeOf(map.zone, seat), look })
  return (
    <label className={isMine ? 'pick on' : isTaken ? 'pick gone' : 'pick'}>
      {/* aria-disabled, not disabled: the focus stays where it is, and a press says why */}
      <input type="checkbox" checked={isMine} aria-disabled={isTaken || undefined} onChange={() => onPick(seat)} />
      <span>{text}</span>
    </label>
  )
}
