/**
 * What this process believes of zones, only to choose what to ask the ledger for. A belief may be wrong in either direction; the
 * ledger's answer corrects it. Seats asked for are marked while the answer is out, so that buyers at the same moment ask for different ones.
 */
import { FREE, type SeatStates, SOLD } from '../ledger/ledger.ts'

/** Wishes for the whole house take a belief that the ledger confirmed this lately as the truth; a hundred full zones are not asked for every buyer. */
const FRESH_MS = 100

/**
 * How many of a zone's best sets this process chooses from: 8 as long as it wins, twice as many each time that another process was faster. Twelve that
 * all asked for the very best pairs of one zone paid 7.4 times the CPU an answer and refused every eleventh buyer; now 1.8 times and none
 * (`npm run bench -- hot-rows`). When it was 2.1: fewer after a win, 0.85 made it 3.2, 0.98 won nothing more; four times as many after a loss 2.6;
 * 128 at most 2.9, 256 2.3. Since then 1,024, or four times as many after a loss, lose a quarter fewer races, and cost the same.
 */
const AMONG = { least: 8, most: 512, afterWin: 0.97 }

/** Whether what the ledger was asked at one moment is the truth for a wish of another: of the same moment (`exactly`), or lately. */
export const countsAsFresh = (askedAt: number, at: number, exactly: boolean): boolean =>
  exactly ? askedAt >= at : at - askedAt <= FRESH_MS

export class Beliefs {
  readonly #among = new Map<string, number>()
  /** `free`: how many of `states` are. `claimed`: since the ledger's word, seats were asked for that may turn out to be free after all. */
  readonly #zones = new Map<string, { states: SeatStates; free: number; learnedAt: number; claimed: boolean }>()

  of(key: string): SeatStates | undefined {
    return this.#zones.get(key)?.states
  }

  /** Counted as it changes: looking for a free seat in all 200 zones of a full house was most of what it cost to refuse a buyer. */
  free(key: string): number {
    return this.#zones.get(key)?.free ?? 0
  }

  among(key: string): number {
    return Math.floor(this.#among.get(key) ?? AMONG.least)
  }

  /** Whether a race for seats of a zone was won or lost. */
  raced(key: string, won: boolean): void {
    const among = this.#among.get(key) ?? AMONG.least
    const next = won ? among * AMONG.afterWin : among * 2
    if (next <= AMONG.least) this.#among.delete(key)
    else this.#among.set(key, Math.min(AMONG.most, next))
  }

  /** The ledger's own word. */
  learn(key: string, states: SeatStates, at: number): SeatStates {
    let free = 0
    for (const state of states) if (state === FREE) free++
    this.#zones.set(key, { states, free, learnedAt: at, claimed: false })
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
    const zone = this.#zones.get(key)
    if (!zone) return
    for (const seat of seats) {
      zone.free += Number(state === FREE) - Number(zone.states[seat] === FREE)
      zone.states[seat] = state
    }
  }

  /** Whether the ledger itself said so: in this very request (`exactly`), or lately. */
  isFresh(key: string, at: number, exactly: boolean): boolean {
    const { learnedAt, claimed } = this.#zones.get(key) ?? { learnedAt: 0, claimed: false }
    return !claimed && countsAsFresh(learnedAt, at, exactly)
  }
}
