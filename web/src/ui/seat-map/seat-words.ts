// What the seat map says. Whole sentences come from the language files; nothing is glued together here.
import type { SeatLook, SeatPlace } from './seat-state.ts'

export type SeatName = { readonly row: string; readonly seat: number }

export type SeatWords = {
  /** "Row M, seat 12, wheelchair place, free, $145.00"; the price is meant for free seats only. */
  readonly seat: (seat: SeatName & { readonly look: SeatLook; readonly place: SeatPlace; readonly price: string }) => string
  /** "Row M, seat 12 picked, $145.00. 3 of at most 10." */
  readonly picked: (seat: SeatName & { readonly price: string; readonly count: number; readonly max: number }) => string
  /** "Row M, seat 12 let go. 2 picked." */
  readonly letGo: (seat: SeatName & { readonly count: number }) => string
  /** "Row M, seat 12 is sold." */
  readonly refused: (seat: SeatName & { readonly look: SeatLook }) => string
  /** "10 seats are the most in one order. Let one go first." */
  readonly full: (limit: { readonly max: number }) => string
  /** "Arrow keys move. Space picks or lets go. F goes to the next free seat. ..." */
  readonly keys: string
  readonly zoomIn: string
  readonly zoomOut: string
  readonly wholeZone: string
  readonly rows: RowWords
  readonly legend: LegendWords
}

export type RowWords = {
  /** "Row M" */
  readonly name: (row: { readonly row: string }) => string
  /** "8 free, longest run 3" or, with picks, "8 free, longest run 4, 3 yours" */
  readonly summary: (row: { readonly free: number; readonly longest: number; readonly mine: number }) => string
  /** "Seat 12" / "Seat 1, wheelchair" / "Seat 2, companion" / "Seat 9, held by someone else" */
  readonly seat: (seat: { readonly seat: number; readonly place: SeatPlace; readonly look: SeatLook }) => string
  /** "Side by side" */
  readonly sideBySide: string
  /** "At least 2" */
  readonly atLeast: (run: { readonly count: number }) => string
  /** "26 rows, 242 seats free" */
  readonly found: (rows: { readonly rows: number; readonly free: number }) => string
  /** "No row has that many side by side." */
  readonly none: string
  /** "No seat is free here right now." */
  readonly noneFree: string
}

/** Title, and one word or two for each of the seven looks. */
export type LegendWords = Readonly<Record<'title' | SeatLook | Exclude<SeatPlace, 'standard'>, string>>
