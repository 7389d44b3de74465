/**
 * The seats of one zone in memory: two bits a seat on disk, a byte here, and eight bytes for the owner of what is taken.
 *
 * An owner is kept as a 52-bit hash of its id: whoever releases or confirms must name the id, and two ids of one seat collide
 * once in 4.5e15.
 */

import { hash52 } from './hash.ts'
import { type Change, FREE, HELD, NONE, type Option, type SeatStates, SOLD } from './ledger.ts'

export type ZoneState = {
  seats: number
  states: Uint8Array
  owners: Float64Array
  /** Ends of holds, ms, by seat. */
  until: Map<number, number>
}

const CODE = { free: FREE, held: HELD, sold: SOLD } as const
const LETTER = ['.', 'h', 's']

export function emptyZone(seats: number, gaps: readonly number[]): ZoneState {
  const states = new Uint8Array(seats)
  for (const gap of gaps) states[gap] = NONE
  return { seats, states, owners: new Float64Array(seats), until: new Map() }
}

/** The first option whose seats are all available, or -1. */
export function available(zone: ZoneState, change: Change): number {
  return change.options.findIndex((option) => fits(zone, change, option))
}

function fits(zone: ZoneState, { from, at }: Change, option: Option): boolean {
  const { seats, mine } = option
  for (let i = 0; i < seats.length; i++) {
    const seat = seats[i] as number
    const state = zone.states[seat]
    const free = state === FREE || (state === HELD && (zone.until.get(seat) as number) <= at)
    if (free ? from === 'mine' : from === 'free' || state === undefined || state === NONE || zone.owners[seat] !== hash52(mine?.[i] ?? ''))
      return false
  }
  return seats.length === 1 || (seats.length > 0 && new Set(seats).size === seats.length)
}

/** What the seats are before the change, one letter each. */
export function lettersOf(zone: ZoneState, seats: readonly number[]): string {
  let letters = ''
  for (const seat of seats) letters += LETTER[zone.states[seat] as number]
  return letters
}

/** Puts seats into a state, whatever they were. */
export function put(
  zone: ZoneState,
  seats: readonly number[],
  to: Change['to'],
  owners: readonly number[],
  until: number | undefined,
): void {
  for (let i = 0; i < seats.length; i++) {
    const seat = seats[i] as number
    zone.states[seat] = CODE[to]
    zone.owners[seat] = owners[i] ?? 0
    if (until !== undefined) zone.until.set(seat, until)
    else if (zone.until.size > 0) zone.until.delete(seat)
  }
}

/** As a buyer sees it now: holds that ran out are free. */
export function seen(zone: ZoneState, at: number): SeatStates {
  const states = zone.states.slice()
  for (const [seat, until] of zone.until) if (until <= at) states[seat] = FREE
  return states
}

export type StoredZone = { seats: number; states: Uint8Array; owners: Uint8Array; until: string }

export function pack(zone: ZoneState): StoredZone {
  const states = new Uint8Array(Math.ceil(zone.seats / 4))
  for (let seat = 0; seat < zone.seats; seat++) {
    const byte = seat >> 2
    states[byte] = (states[byte] as number) | ((zone.states[seat] as number) << ((seat & 3) * 2))
  }
  return { seats: zone.seats, states, owners: new Uint8Array(zone.owners.buffer), until: JSON.stringify([...zone.until]) }
}

export function unpack(stored: StoredZone): ZoneState {
  const states = new Uint8Array(stored.seats)
  for (let seat = 0; seat < stored.seats; seat++) states[seat] = ((stored.states[seat >> 2] as number) >> ((seat & 3) * 2)) & 3
  const owners = new Float64Array(stored.seats)
  new Uint8Array(owners.buffer).set(stored.owners)
  return { seats: stored.seats, states, owners, until: new Map(JSON.parse(stored.until)) }
}
