/**
 * A buyer who does not give up: each wish has its key, and is asked again with it through lost connections and 503 until there is an
 * answer. Now and then asks twice at once, or asks again for what was answered long ago: the answer must be the first, byte for byte.
 */
import { randomUUID } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import type { House } from '../house.ts'
import { type Answer, ConnectionLost, openLine, purchaseBytes } from './line.ts'
import { contendedWish, type RoundHouses, strangersWish } from './wishes.ts'

export type Bought = { key: string; wish: object; body: string; retries: number }
export type Refused = { wish: object; body: string }
/** What all buyers of a round have been told. */
export type Diary = {
  bought: Bought[]
  refused: Refused[]
  lost: number
  told503: number
  told500: number
  /** What strangers were told with 201, and how many seats they wanted when they were told nothing that they could rely on. */
  strangers: { eventId: string; sold: string[]; unanswered: number }
  replays: number
  differences: string[]
}

export const newDiary = (strangersEventId = ''): Diary => ({
  bought: [],
  refused: [],
  lost: 0,
  told503: 0,
  told500: 0,
  strangers: { eventId: strangersEventId, sold: [], unanswered: 0 },
  replays: 0,
  differences: [],
})

/** Buyers come back at moments of their own, so that a server that starts is not met by all at once. */
const RETRY_MS = { first: 20, most: 200 }
/** A wish that has no answer by then is told as a difference. */
const GIVE_UP_MS = 120_000

export type Buyer = {
  shop(isOpen: () => boolean): Promise<void>
  buy(wish: object): Promise<void>
  replay(bought: Bought): Promise<void>
  close(): void
}

/**
 * `ports` are those of every server that sells. `isPatient`: an engine that is away longer than the server waits makes it say 500, "it is not
 * known whether it was done": such a buyer asks again. On an embedded ledger there is no such answer. `rest`: between two wishes, in ms.
 */
export type BuyerOptions = { ports: readonly number[]; random: () => number; diary: Diary; rest: () => number; isPatient?: boolean }

export function createBuyer({
  ports,
  random,
  diary,
  rest,
  isPatient = false,
  houses,
}: BuyerOptions & { houses: RoundHouses['fought'] }): Buyer {
  const first = Math.floor(random() * ports.length)
  const line = openLine(ports, first)
  const second = openLine(ports, first + 1)
  const own: Bought[] = []
  let isClosed = false

  async function insist(by: typeof line, bytes: Buffer): Promise<{ answer: Answer; retries: number }> {
    const untilMs = performance.now() + GIVE_UP_MS
    for (let retries = 0; ; retries++) {
      try {
        const answer = await by.ask(bytes)
        if (answer.status === 503) diary.told503++
        else if (answer.status === 500 && isPatient) diary.told500++
        else return { answer, retries }
      } catch (error) {
        if (!(error instanceof ConnectionLost)) throw error
        diary.lost++
      }
      // Buyers of a round that broke off would otherwise go on buying in the next one, which is on the same port.
      if (isClosed) throw new Error('the round is over')
      if (performance.now() > untilMs) throw new Error(`a wish had no answer after ${GIVE_UP_MS} ms`)
      await wait(Math.min(RETRY_MS.most, RETRY_MS.first * 2 ** retries) * (0.5 + Math.random()))
    }
  }

  async function buy(wish: object): Promise<void> {
    const key = randomUUID()
    const bytes = purchaseBytes(key, wish)
    const twin = random() < 0.05 ? insist(second, bytes) : undefined
    const { answer, retries } = await insist(line, bytes)
    note({ key, wish, body: answer.body, retries }, answer)
    if (!twin) return
    const other = (await twin).answer
    // A refusal is not kept: of two at once one may have been refused for the seats that the other then found free, never both sold.
    if (answer.status === 201 && (other.status !== 201 || other.body !== answer.body)) tell('twins', key, answer, other)
    if (answer.status !== 201 && other.status === 201) tell('twins', key, answer, other)
  }

  function note(bought: Bought, { status, body }: Answer): void {
    if (status === 201) {
      diary.bought.push(bought)
      own.push(bought)
    } else if (status === 409) diary.refused.push({ wish: bought.wish, body })
    else diary.differences.push(`odd-answer  ${JSON.stringify(bought.wish)}: ${status} ${body.slice(0, 200)}`)
  }

  function tell(what: string, key: string, first: Pick<Answer, 'body'>, other: Answer): void {
    diary.differences.push(`${what}  key ${key}: first ${first.body.slice(0, 300)}, then ${other.status} ${other.body.slice(0, 300)}`)
  }

  async function replay({ key, wish, body }: Bought): Promise<void> {
    const { answer } = await insist(line, purchaseBytes(key, wish))
    diary.replays++
    if (answer.status !== 201 || answer.body !== body) tell('other-answer', key, { body }, answer)
    else if (!/\r\nidempotency-replayed: true\r\n/i.test(answer.head))
      diary.differences.push(`not-marked  key ${key}: the replay carries no Idempotency-Replayed`)
  }

  return {
    async shop(isOpen) {
      while (isOpen()) {
        const earlier = random() < 0.08 ? own[Math.floor(random() * own.length)] : undefined
        await (earlier ? replay(earlier) : buy(contendedWish(houses, random)))
        await wait(rest())
      }
    },
    buy,
    replay,
    close() {
      isClosed = true
      line.close()
      second.close()
    },
  }
}

/** Broken off by something unexpected, or given up when it may have been done (`LedgerUnsure`); any other 503 says that nothing was. */
const isUnsure = ({ status, body }: { status: number; body: string }): boolean =>
  status === 500 || (status === 503 && body.includes('is not known'))

/**
 * Somebody who asks without a key, and once only. Whoever repeats such a wish on the way, to a ledger whose answer was lost, sells twice: then
 * more is sold in the house of strangers than they were told of and may have missed.
 */
export function createStranger({ ports, random, diary, rest, house }: BuyerOptions & { house: House }): Pick<Buyer, 'shop' | 'close'> {
  const line = openLine(ports, Math.floor(random() * ports.length))

  async function buyOnce(): Promise<void> {
    const wish = strangersWish(house, random)
    const answer = await line.ask(purchaseBytes(null, wish)).catch((error: unknown) => {
      if (!(error instanceof ConnectionLost)) throw error
      return null
    })
    if (answer === null || isUnsure(answer)) diary.strangers.unanswered += wish.quantity
    else if (answer.status === 201) diary.strangers.sold.push(answer.body)
    else if (answer.status !== 409 && answer.status !== 503)
      diary.differences.push(`odd-answer  ${JSON.stringify(wish)}: ${answer.status} ${answer.body.slice(0, 200)}`)
  }

  return {
    async shop(isOpen) {
      while (isOpen()) {
        await buyOnce()
        await wait(rest())
      }
    },
    close: line.close,
  }
}
