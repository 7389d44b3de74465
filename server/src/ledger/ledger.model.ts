/** What a ledger should do, in a few lines and without any store; and random histories to compare a ledger with it. */
import * as fc from 'fast-check'
import { type Change, FREE, HELD, NONE, type Option, SOLD } from './ledger.ts'

export type Expected =
  | { ok: true; fact: string; replayed: boolean }
  | { ok: false; why: 'taken'; states: number[] }
  | { ok: false; why: 'key-reused' }

type Taken = { state: number; owner: string | undefined; until: number }

export function createModel(seats: number, gaps: readonly number[]) {
  const taken = new Map<number, Taken>(gaps.map((gap) => [gap, { state: NONE, owner: undefined, until: Number.POSITIVE_INFINITY }]))
  const answers = new Map<string, { fingerprint: string; fact: string }>()
  const log: { was: string; fact: string }[] = []

  const exists = (seat: number) => Number.isInteger(seat) && seat >= 0 && seat < seats
  const owned = (seat: number, at: number) => {
    const now = taken.get(seat)
    return now && now.until > at ? now : undefined
  }
  const statesAt = (at: number) => Array.from({ length: seats }, (_, seat) => owned(seat, at)?.state ?? FREE)

  function fits({ seats: wanted, mine }: Option, { from, at }: Change): boolean {
    const available = (seat: number, i: number) => {
      const now = owned(seat, at)
      return now ? from !== 'free' && now.owner !== undefined && now.owner === mine?.[i] : from !== 'mine'
    }
    return wanted.length > 0 && new Set(wanted).size === wanted.length && wanted.every((seat, i) => exists(seat) && available(seat, i))
  }

  function commit(change: Change): Expected {
    const { key, to, until, at } = change
    const first = key && answers.get(key.id)
    if (first)
      return first.fingerprint === key.fingerprint ? { ok: true, fact: first.fact, replayed: true } : { ok: false, why: 'key-reused' }
    const option = change.options.find((each) => fits(each, change))
    if (!option) return { ok: false, why: 'taken', states: statesAt(at) }
    log.push({ was: option.seats.map((seat) => '.hs'[taken.get(seat)?.state ?? FREE]).join(''), fact: option.fact })
    option.seats.forEach((seat, i) => {
      if (to === 'free') taken.delete(seat)
      else taken.set(seat, { state: to === 'held' ? HELD : SOLD, owner: option.owners[i], until: until ?? Number.POSITIVE_INFINITY })
    })
    if (key) answers.set(key.id, { fingerprint: key.fingerprint, fact: option.fact })
    return { ok: true, fact: option.fact, replayed: false }
  }

  return { commit, statesAt, log }
}

// ---------------------------------------------------------------- random histories of one small zone

export const SEATS = 7
export const GAPS = [5]
export type Step = Pick<Change, 'from' | 'to' | 'at'> & {
  options: { seats: number[]; owner: string; mine: string[] }[]
  until: number
  key: { id: string; fingerprint: string } | null
}

const person = fc.constantFrom('ann', 'bob', 'eve')
const seatSets = fc.oneof(
  { weight: 6, arbitrary: fc.uniqueArray(fc.nat({ max: SEATS - 1 }), { minLength: 1, maxLength: 3 }) },
  { weight: 1, arbitrary: fc.array(fc.integer({ min: -1, max: SEATS }), { maxLength: 3 }) },
)
export const step: fc.Arbitrary<Step> = fc.record({
  options: fc.array(
    fc.record({
      seats: seatSets,
      owner: person,
      mine: fc.oneof(
        person.map((p) => [p, p, p]),
        fc.array(person, { maxLength: 3 }),
      ),
    }),
    {
      maxLength: 3,
    },
  ),
  from: fc.constantFrom('free', 'free', 'mine', 'either'),
  to: fc.constantFrom('sold', 'held', 'free'),
  at: fc.nat({ max: 20 }),
  until: fc.nat({ max: 25 }),
  key: fc.option(fc.record({ id: fc.constantFrom('k', 'l', 'm'), fingerprint: fc.constantFrom('f', 'f', 'g') }), { freq: 2 }),
})

export function changeOf(zone: string, round: number, { options, from, to, at, until, key }: Step): Change {
  return {
    zone,
    from,
    to,
    at,
    options: options.map(({ seats, owner, mine }, i) => ({
      seats,
      owners: to === 'free' ? [] : seats.map(() => owner),
      mine,
      fact: JSON.stringify({ zone, round, option: i }),
    })),
    ...(to === 'held' && { until }),
    ...(key && { key: { id: `${zone} ${key.id}`, fingerprint: key.fingerprint } }),
  }
}
