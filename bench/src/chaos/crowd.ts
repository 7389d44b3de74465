/** Everybody who buys in a round on real engines: who fights for the same seats, who asks without a key, and who comes when the read side sleeps. */
import { type House, seatOfBuyer, seatsOf } from '../house.ts'
import { randomOf } from '../load/wishes.ts'
import { createBuyer, createStranger, type Diary } from './buyer.ts'
import type { RoundHouses } from './wishes.ts'

const BUYERS = 20
const STRANGERS = 4
/** They take the seats of a house of their own one by one, which makes the log grow. */
const RUNNERS = 24
const MOST_REPLAYS = 1000
/** Shoppers come in waves, so that few wishes of a round meet in one batch and at one seat: up to 240 a second. */
const WAVE = { everyMs: 100, lateMs: 8 }

export type Crowd = {
  shop(isOpen: () => boolean): Promise<void>
  /** Buys every seat that is left in the house of the runners. Returns how many that were. */
  run(): Promise<number>
  /** Buyers ask again for what they have: everything, or a part when it is much. */
  askAgain(): Promise<void>
  close(): void
}

export type CrowdOptions = { ports: readonly number[]; seed: number; diary: Diary; houses: RoundHouses; run: House }

export function gatherCrowd({ ports, seed, diary, houses, run: house }: CrowdOptions): Crowd {
  const options = (n: number) => {
    const random = randomOf(seed * 1000 + n)
    const rest = (): number => WAVE.everyMs - (performance.now() % WAVE.everyMs) + random() * WAVE.lateMs
    return { ports, random, diary, rest, isPatient: true, houses: houses.fought, house: houses.strangers }
  }
  const buyers = Array.from({ length: BUYERS }, (_, i) => createBuyer(options(i)))
  const strangers = Array.from({ length: STRANGERS }, (_, i) => createStranger(options(BUYERS + i)))
  const runners = Array.from({ length: RUNNERS }, (_, i) => createBuyer(options(BUYERS + STRANGERS + i)))
  let taken = 0
  let running: Promise<number> = Promise.resolve(0)

  async function buyTheRest(): Promise<number> {
    const { venueId, eventId } = house
    const before = taken
    await Promise.all(
      runners.map(async (runner) => {
        while (taken < seatsOf(house)) await runner.buy({ venueId, eventId, ...seatOfBuyer(house, taken++) })
      }),
    )
    return taken - before
  }

  return {
    shop: async (isOpen) => void (await Promise.all([...buyers, ...strangers].map((each) => each.shop(isOpen)))),
    // One after the other: two at once would ask over the same connections, and each would hear the other's answers.
    run() {
      running = running.then(buyTheRest)
      return running
    },
    async askAgain() {
      const all = [...diary.bought]
      const step = Math.max(1, Math.ceil(all.length / MOST_REPLAYS))
      await Promise.all(
        buyers.map(async (buyer, i) => {
          for (let n = i * step; n < all.length; n += buyers.length * step) await buyer.replay(all[n] as (typeof all)[number])
        }),
      )
    },
    close() {
      for (const each of [...buyers, ...strangers, ...runners]) each.close()
    },
  }
}
