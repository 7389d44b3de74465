/** What the n-th of a crowd wants: half name a seat at random, half take the best available of 1 to 4, most of them in a zone. */
import { type House, type SeatAddress, seatAt, seatsOf } from '../house.ts'

export type CrowdWish = SeatAddress | { quantity: number; zoneId?: number }

export function wishOf(house: House, seed: number, n: number): CrowdWish {
  const random = randomOf(seed * 1_000_003 + n)
  if (random() < 0.5) return seatAt(house, Math.floor(random() * seatsOf(house)))
  const quantity = 1 + Math.floor(random() * 4)
  return random() < 0.7 ? { quantity, zoneId: 1 + Math.floor(random() * house.zones) } : { quantity }
}

/** mulberry32: small, seeded, good enough to mix a crowd. */
export function randomOf(seed: number): () => number {
  let state = Math.imul(seed ^ (seed / 0x100000000), 0x9e3779b1) | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 0x100000000
  }
}
