// A row as the list tells it: how many seats are to be had, and how many of them side by side.
import { FREE } from './seat-geometry.ts'

export type RowSummary = { readonly free: number; readonly longest: number; readonly mine: number; readonly seats: readonly number[] }

/** `codes` are the seats of one row and `seats` in the answer their columns: those in runs of at least `run`. Mine are part of a run
 *  and always in the list: one who holds 11 and 12 looks for the 13th beside them. */
export function summarizeRow(
  codes: string,
  isMine: (column: number) => boolean,
  isLost: (column: number) => boolean,
  run: number,
): RowSummary {
  const mine: number[] = []
  const seats: number[] = []
  let free = 0
  let longest = 0
  let current: number[] = []
  const close = () => {
    longest = Math.max(longest, current.length)
    seats.push(...current.filter((column) => current.length >= run || isMine(column)))
    current = []
  }
  for (let column = 0; column < codes.length; column++) {
    if (isMine(column)) mine.push(column)
    if (isMine(column) || (codes.charCodeAt(column) === FREE && !isLost(column))) {
      free++
      current.push(column)
    } else close()
  }
  close()
  return { free, longest, mine: mine.length, seats }
}
