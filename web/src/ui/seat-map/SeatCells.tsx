// The grid for keyboard and screen reader: real cells for seven rows round the focus, laid over the drawing. Rows are memoized, so an
// arrow key renders the one or two rows it touches.
import { memo, useCallback, useDeferredValue, useSyncExternalStore } from 'react'
import type { SeatMapProps, SeatMapZone } from './SeatMap.tsx'
import type { SeatFeed } from './seat-feed.ts'
import { cellsAround, columnOf, NONE, rowName, rowOf } from './seat-geometry.ts'
import { lookOf, placeOf } from './seat-state.ts'

type CellsProps = { readonly map: SeatMapProps; readonly feed: SeatFeed; readonly at: number }

/** The row of the focus is rendered at once, the rows round it after: the 300 new cells of a jump over five rows of 60 took 120 ms in one go
 *  (CPU time x 4), now the longest task is 60 and an arrow key takes 25. */
export function SeatCells({ map, feed, at }: CellsProps): React.JSX.Element {
  const around = useDeferredValue(at)
  const { firstRow, lastRow } = cellsAround(map.zone, around)
  const focusRow = rowOf(map.zone, at)
  const rows = new Set([focusRow])
  for (let row = firstRow; row <= lastRow; row++) rows.add(row)
  return (
    <>
      {[...rows]
        .sort((a, b) => a - b)
        .map((row) => (
          <Row key={row} map={map} feed={feed} row={row} around={row === focusRow ? at : around} at={row === focusRow ? at : -1} />
        ))}
    </>
  )
}

type RowOfMapProps = {
  readonly map: SeatMapProps
  readonly feed: SeatFeed
  readonly row: number
  readonly around: number
  readonly at: number
}

function Row({ map, feed, row, around, at }: RowOfMapProps): React.JSX.Element {
  const { zone, seats } = map
  const { firstColumn, lastColumn } = cellsAround(zone, around)
  const codes = useCodes(seats, feed, row * zone.seatsPerRow + firstColumn, row * zone.seatsPerRow + lastColumn + 1)
  return (
    <CellRow
      zone={zone}
      row={row}
      firstColumn={firstColumn}
      codes={codes}
      mine={inRow(map.mine, zone, row)}
      lost={inRow(map.lost, zone, row)}
      at={at}
      price={map.price}
      words={map.words}
    />
  )
}

const decoder = new TextDecoder()

/** The seats of a row as a string: React compares it by value, so a change elsewhere in the zone renders nothing. */
function useCodes(seats: Uint8Array, feed: SeatFeed, from: number, to: number): string {
  const read = useCallback(() => decoder.decode(seats.subarray(from, to)), [seats, from, to])
  return useSyncExternalStore(feed.listen, read)
}

/** As a string, for the same reason. */
const inRow = (seats: ReadonlySet<number>, zone: SeatMapZone, row: number): string =>
  [...seats].filter((seat) => rowOf(zone, seat) === row).join()

type RowProps = {
  readonly zone: SeatMapZone
  readonly row: number
  readonly firstColumn: number
  readonly codes: string
  readonly mine: string
  readonly lost: string
  readonly at: number
  readonly price: string
  readonly words: SeatMapProps['words']
}

const CellRow = memo(function CellRow({ zone, row, firstColumn, codes, mine, lost, at, price, words }: RowProps) {
  const marks = { mine: seatsOf(mine), lost: seatsOf(lost) }
  return (
    // biome-ignore lint/a11y/useSemanticElements: a table of 7 of 250 rows, each placed by itself
    // biome-ignore lint/a11y/useFocusableInteractive: the focus is on its cells
    <div role="row" aria-rowindex={row + 1} style={{ top: `calc(${row} * var(--pitch))` }}>
      {Array.from(codes, (_, index) => {
        const code = codes.charCodeAt(index)
        const seat = row * zone.seatsPerRow + firstColumn + index
        const look = lookOf(code, seat, marks)
        if (code === NONE || !look) return null
        return (
          // biome-ignore lint/a11y/useSemanticElements: as above
          <div
            key={seat}
            role="gridcell"
            data-seat={seat}
            aria-colindex={columnOf(zone, seat) + 1}
            aria-selected={look === 'mine'}
            aria-disabled={look !== 'mine' && look !== 'free' ? true : undefined}
            tabIndex={seat === at ? 0 : -1}
            style={{ left: `calc(${columnOf(zone, seat)} * var(--pitch))` }}
          >
            {words.seat({ row: rowName(row), seat: columnOf(zone, seat) + 1, look, place: placeOf(zone, seat), price })}
          </div>
        )
      })}
    </div>
  )
})

const seatsOf = (list: string): ReadonlySet<number> => new Set(list === '' ? [] : list.split(',').map(Number))
