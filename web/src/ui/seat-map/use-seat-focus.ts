// The roving focus: one tab stop, which remembers its seat.
import { type FocusEvent, type KeyboardEvent, type RefObject, useEffect, useEffectEvent, useLayoutEffect, useRef, useState } from 'react'
import { pickSeat } from './pick.ts'
import type { SeatMapProps } from './SeatMap.tsx'
import type { SeatFeed } from './seat-feed.ts'
import { moveOfKey, moveSeat, type SeatField, startSeat } from './seat-moves.ts'
import { lookOf } from './seat-state.ts'
import type { Stage } from './stage.ts'

export type SeatFocus = {
  /** Undefined: the zone has no seats. */
  readonly at: number | undefined
  readonly pick: (seat: number) => void
  readonly onKeyDown: (event: KeyboardEvent, stage: Stage | undefined) => void
  readonly onFocus: (event: FocusEvent<HTMLElement>, stage: Stage | undefined) => void
}

type Cells = RefObject<HTMLElement | null>

export function useSeatFocus(props: SeatMapProps, feed: SeatFeed, cells: Cells, say: (sentence: string) => void): SeatFocus {
  const [at, setAt] = useState(() => startSeat(fieldOf(props), props.mine))
  const start = useEffectEvent(() => setAt((at) => at ?? startSeat(fieldOf(props), props.mine)))
  useEffect(() => feed.listen(start), [feed])
  const wanted = useRef(false)
  const focusCell = () => cells.current?.querySelector<HTMLElement>('[tabindex="0"]')?.focus({ preventScroll: true })
  useLayoutEffect(() => {
    if (!wanted.current) return
    wanted.current = false
    focusCell()
  })
  const go = (seat: number) => {
    if (seat === at) return focusCell()
    wanted.current = true
    setAt(seat)
  }
  const press = (seat: number) => pickSeat(props, seat, say)
  return {
    at,
    pick(seat) {
      press(seat)
      go(seat)
    },
    onKeyDown(event, stage) {
      if (at === undefined) return
      const move = moveOfKey(event)
      if (event.key === 'Escape') props.onLeave?.()
      else if (event.key === ' ' || event.key === 'Enter') press(at)
      else if (move) {
        const next = moveSeat(fieldOf(props), at, move)
        go(next)
        stage?.reveal(next)
      } else return
      event.preventDefault()
    },
    onFocus(event, stage) {
      const seat = Number(event.target.dataset.seat)
      if (Number.isNaN(seat)) return
      setAt(seat)
      const cameFromOutside = !cells.current?.contains(event.relatedTarget)
      if (cameFromOutside && event.target.matches(':focus-visible')) stage?.reveal(seat)
    },
  }
}

function fieldOf(props: SeatMapProps): SeatField {
  const { zone, seats } = props
  return { shape: zone, seats, isFree: (seat) => lookOf(seats[seat], seat, props) === 'free' }
}
