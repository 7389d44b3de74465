// The seats of a zone as a map: a drawing for the eye, over it a grid for keyboard and screen reader.
// Measured at 390 px, main-thread CPU time x 4 (a phone): 3,000 seats are painted 151 ms after the data, 100,000 after 117 (one pixel a seat);
// of 100,000, nine changes a frame (540 a second) cost 5 ms, a frame of a pan 20, an arrow key 15, a pick 15.
import { type CSSProperties, type KeyboardEvent, useId, useMemo, useRef } from 'react'
import { SeatCells } from './SeatCells.tsx'
import { createSeatFeed } from './seat-feed.ts'
import type { SeatWords } from './seat-words.ts'
import { useAfterPaint } from './use-after-paint.ts'
import { useSay } from './use-say.tsx'
import { useSeatFocus } from './use-seat-focus.ts'
import { type StageRefs, useStage } from './use-stage.ts'
import { ZoomButtons } from './ZoomButtons.tsx'
import './seat-map.css'

export type SeatMapZone = {
  readonly zoneId: number
  readonly rows: number
  readonly seatsPerRow: number
  readonly accessible: ReadonlySet<number>
  readonly companion: ReadonlySet<number>
}

export type SeatMapProps = {
  readonly zone: SeatMapZone
  /** Char code a seat ('.' 46 free, 'h' 104 held, 's' 115 sold, ' ' 32 none), row by row; mutated in place by live.ts. */
  readonly seats: Uint8Array
  /** Calls back after changes with the changed indices (null: all). */
  readonly subscribe: (changed: (indices: readonly number[] | null) => void) => () => void
  /** Picked by me. */
  readonly mine: ReadonlySet<number>
  /** Just lost, for 8 s. */
  readonly lost: ReadonlySet<number>
  /** Formatted. */
  readonly price: string
  readonly max: number
  readonly onToggle: (seat: number) => void
  /** Esc. */
  readonly onLeave?: () => void
  /** "Seats of zone 12, 26 rows of 30" */
  readonly label: string
  /** Keep the object between renders, or every cell is rendered again. */
  readonly words: SeatWords
  /** How many I picked in all zones; without it, those of this zone. */
  readonly picked?: number
  /** Takes the sentences for the page's live region; without it the map has one of its own. */
  readonly onSay?: (sentence: string) => void
}

/** Another zone is another map: its focus and its window begin anew. */
export function SeatMap(props: SeatMapProps): React.JSX.Element {
  return <ZoneMap key={props.zone.zoneId} {...props} />
}

function ZoneMap(props: SeatMapProps): React.JSX.Element {
  const { zone, label, words, subscribe } = props
  const keys = useId()
  const host = useRef<HTMLDivElement>(null)
  const layers = useRef<HTMLDivElement>(null)
  const cells = useRef<HTMLDivElement>(null)
  const mini = useRef<HTMLDivElement>(null)
  const tip = useRef<HTMLDivElement>(null)
  const feed = useMemo(() => createSeatFeed(subscribe), [subscribe])
  // The drawing is painted first, then the cells
  const hasCells = useAfterPaint()
  const [say, region] = useSay(props.onSay)
  const refs: StageRefs = { host, layers, cells, mini, tip }
  const focus = useSeatFocus(props, feed, cells, say)
  const { stage, zoom } = useStage(props, refs, feed, focus.pick)
  const onKeyDown = (event: KeyboardEvent) => focus.onKeyDown(event, stage.current)
  // The height is known before the first picture: nothing below the map jumps.
  const ratio: CSSProperties & Record<`--${string}`, string | number> = { '--columns': zone.seatsPerRow, '--rows': zone.rows }
  return (
    <div className="seat-frame" dir="ltr" style={ratio}>
      <div className="seatmap" ref={host}>
        <div className="seat-layers" aria-hidden="true" ref={layers} />
        {/* biome-ignore lint/a11y/useSemanticElements: a table of seven rows at a time, laid over a drawing */}
        <div
          className="seat-cells"
          role="grid"
          aria-label={label}
          aria-rowcount={zone.rows}
          aria-colcount={zone.seatsPerRow}
          aria-multiselectable="true"
          aria-describedby={keys}
          dir="ltr"
          ref={cells}
          onKeyDown={onKeyDown}
          onFocus={(event) => focus.onFocus(event, stage.current)}
        >
          {focus.at === undefined || !hasCells ? null : <SeatCells map={props} feed={feed} at={focus.at} />}
        </div>
      </div>
      <div className="tip seat-tip" aria-hidden="true" ref={tip} />
      <div className="seat-bar noprint">
        <div className="seat-mini" aria-hidden="true" ref={mini} />
        <ZoomButtons words={words} {...zoom} />
      </div>
      <p className="sr" id={keys} dir="auto">
        {words.keys}
      </p>
      {region}
    </div>
  )
}
