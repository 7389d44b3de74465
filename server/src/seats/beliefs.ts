/**
 * What this process believes of zones, only to choose what to ask the ledger for. A belief may be wrong in either direction; the
 * ledger's answer corrects it. Seats asked for are marked while the answer is out, so that buyers at the same moment ask for different ones.
 */
import { FREE, type SeatStates, SOLD } from '../ledger/ledger.ts'

/** Wishes for the whole house take a belief that the ledger confirmed this lately as the truth; a hundred full zones are not asked for every buyer. */
const FRESH_MS = 100

export class Beliefs {
  /** `claimed`: since the ledger's word, seats were asked for that may turn out to be free after all. */
  readonly #zones = new Map<string, { states: SeatStates; learnedAt: number; claimed: boolean }>()

  of(key: string): SeatStates | undefined {
    return this.#zones.get(key)?.states
  }

  /** The ledger's own word. */
  learn(key: string, states: SeatStates, at: number): SeatStates {
    this.#zones.set(key, { states, learnedAt: at, claimed: false })
    return states
  }

  /** Marks seats that are being asked for. */
  claim(key: string, seats: readonly number[]): void {
    this.#mark(key, seats, SOLD)
    const zone = this.#zones.get(key)
    if (zone) zone.claimed = true
  }

  /** The answer came: what was claimed is free again, but for what was taken. */
  settle(key: string, claimed: readonly number[], taken: readonly number[]): void {
    this.#mark(key, claimed, FREE)
    this.#mark(key, taken, SOLD)
  }

  #mark(key: string, seats: readonly number[], state: number): void {
    const states = this.of(key)
    if (states) for (const seat of seats) states[seat] = state
  }

  /** Whether the ledger itself said so: in this very request (`exactly`), or lately. */
  isFresh(key: string, at: number, exactly: boolean): boolean {
    const { learnedAt, claimed } = this.#zones.get(key) ?? { learnedAt: 0, claimed: false }
    if (claimed) return false
    return exactly ? learnedAt >= at : at - learnedAt <= FRESH_MS
  }
}
