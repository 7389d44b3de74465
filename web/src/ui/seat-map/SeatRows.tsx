// The same seats as a list: one <details> a row, one checkbox a free seat. Needs no arrow keys and no eye for a plan; a whole purchase
// works in it.
import { useId, useMemo, useState } from 'react'
import { pickSeat } from './pick.ts'
import type { SeatMapProps } from './SeatMap.tsx'
import { SeatRow } from './SeatRow.tsx'
import { createSeatFeed } from './seat-feed.ts'
import { summarizeRow } from './seat-runs.ts'
import { useRowCodes } from './use-row-codes.ts'
import { useSay } from './use-say.tsx'
import './seat-rows.css'

export function SeatRows(props: SeatMapProps): React.JSX.Element {
  const { zone, seats, subscribe, mine, lost, max, words } = props
  const select = useId()
  const [run, setRun] = useState(1)
  const [open, setOpen] = useState<ReadonlySet<number>>(() => new Set([...mine].map((seat) => Math.floor(seat / zone.seatsPerRow))))
  const [say, region] = useSay(props.onSay)
  const feed = useMemo(() => createSeatFeed(subscribe), [subscribe])
  const codes = useRowCodes(seats, feed)
  const rows = Array.from({ length: zone.rows }, (_, row) => {
    const from = row * zone.seatsPerRow
    const text = codes.slice(from, from + zone.seatsPerRow)
    const isMine = (column: number) => mine.has(from + column)
    return { row, text, ...summarizeRow(text, isMine, (column) => lost.has(from + column), run) }
  })
  // A row that was opened stays while its seats go: what is read must not vanish under the finger.
  const listed = rows.filter(({ row, longest, mine }) => longest >= run || mine > 0 || open.has(row))
  const toggleOpen = (row: number, isOpen: boolean) => {
    if (open.has(row) === isOpen) return
    const next = new Set(open)
    if (isOpen) next.add(row)
    else next.delete(row)
    setOpen(next)
  }
  const found = { rows: listed.length, free: listed.reduce((sum, { free }) => sum + free, 0) }
  return (
    <div className="seat-rows">
      <div className="top">
        <div className="row">
          <label className="label" htmlFor={select}>
            {words.rows.sideBySide}
          </label>
          <select className="input" id={select} value={run} onChange={(event) => setRun(Number(event.target.value))}>
            {Array.from({ length: Math.min(max, zone.seatsPerRow) }, (_, index) => index + 1).map((count) => (
              <option key={count} value={count}>
                {words.rows.atLeast({ count })}
              </option>
            ))}
          </select>
        </div>
        <p className="small soft">{listed.length > 0 ? words.rows.found(found) : run > 1 ? words.rows.none : words.rows.noneFree}</p>
      </div>
      <ul className="rows">
        {listed.map(({ row, text, free, longest, mine: mineHere, seats: columns }) => (
          <SeatRow
            key={`${row} ${run}`}
            map={props}
            row={row}
            codes={text}
            columns={columns}
            summary={words.rows.summary({ free, longest, mine: mineHere })}
            isOpen={open.has(row)}
            onOpen={toggleOpen}
            onPick={(seat) => pickSeat(props, seat, say)}
          />
        ))}
      </ul>
      {region}
    </div>
  )
}
