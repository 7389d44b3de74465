// One press on a seat: what it does and what is said about it. The same for map and rows.
import type { SeatMapProps } from './SeatMap.tsx'
import { columnOf, rowName, rowOf } from './seat-geometry.ts'
import { lookOf } from './seat-state.ts'

export function pickSeat(props: SeatMapProps, seat: number, say: (sentence: string) => void): void {
  const { zone, seats, words, price, max, onToggle } = props
  const look = lookOf(seats[seat], seat, props)
  if (!look) return
  const name = { row: rowName(rowOf(zone, seat)), seat: columnOf(zone, seat) + 1 }
  const count = props.picked ?? props.mine.size
  if (look === 'mine') {
    onToggle(seat)
    say(words.letGo({ ...name, count: count - 1 }))
  } else if (look !== 'free') say(words.refused({ ...name, look }))
  else if (count >= max) say(words.full({ max }))
  else {
    onToggle(seat)
    say(words.picked({ ...name, price, count: count + 1, max }))
  }
}
