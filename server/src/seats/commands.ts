/**
 * The only way to a seat: wish -> rules -> one ledger.commit -> answer or refusal. Web, API, box office, waiting list, refund and
 * import all come through here; `writers.test.ts` lists the writers of seat state and finds this file.
 */

import { Refusal } from '@onsale/contract/refusals'
import type { SoldTicket } from '@onsale/contract/tickets'
import type { Wish } from '@onsale/contract/wish'
import type { Catalogue } from '../catalogue/catalogue.ts'
import { hash52 } from '../ledger/hash.ts'
import type { Change, Ledger, Option, Outcome, SeatStates } from '../ledger/ledger.ts'
import { Beliefs, countsAsFresh } from './beliefs.ts'
import { apart, together } from './best-available.ts'
import { factText, type Sold, soldFact, ticketsOf } from './fact.ts'
import { type Best, type Named, onSale, type PricedZone, refuseBest, refuseNamed, type SellableEvent, understand } from './rules.ts'

/** Who asks, when, and under which key. Time and ids are arguments, so that the same input gives the same decision. */
export type Asked = { at: number; newId: () => string; key?: { id: string; fingerprint: string }; trace?: string | undefined }

/** `replayed`: the first answer of a repeated key. */
export type Sale = { tickets: SoldTicket[]; shard: string; position: number; replayed: boolean }

export type SeatCommands = { sell(wish: Wish, asked: Asked): Promise<Sale> }

/** Lost races of one wish before it is asked to come again: each one sold the seats to somebody else. */
const ROUNDS = 32
/** Zones that one wish asks for at once before it hears that the house is full. */
const ASKED_AT_ONCE = 50

export function createSeatCommands(ledger: Ledger, catalogue: Catalogue): SeatCommands {
  const beliefs = new Beliefs()
  const looks = new Map<string, Promise<SeatStates | null>>()
  const asks = new Map<string, { at: number; done: Promise<void> }>()
  let refreshing: Promise<void> | undefined

  async function sell(wish: Wish, asked: Asked): Promise<Sale> {
    if (!catalogue.event(wish.eventId) || !catalogue.hasVenue(wish.venueId)) await refresh()
    const event = eventOf(wish)
    const wanted = wantedNow(event, wish, asked.at)
    if (wanted instanceof Refusal) return firstAnswer(event, asked, wanted)
    // A promise that an async function returns without `await` takes three turns more.
    return await (wanted.kind === 'named' ? sellNamed(event, wanted, asked) : sellBest(event, wanted, asked))
  }

  /** Anybody can invent an id: those who do share one look. */
  function refresh(): Promise<void> {
    refreshing ??= catalogue.refresh().finally(() => {
      refreshing = undefined
    })
    return refreshing
  }

  function eventOf({ venueId, eventId }: Wish): SellableEvent {
    if (!catalogue.hasVenue(venueId)) throw new Refusal('unknown-venue', `There is no venue ${venueId}.`, { venueId })
    const event = catalogue.event(eventId)
    if (!event) throw new Refusal('unknown-event', `There is no event ${eventId}.`, { eventId })
    if (event.venueId !== venueId)
      throw new Refusal('event-not-at-venue', `${eventId} takes place at ${event.venueId}.`, {
        venue: event.venueId,
        errors: [{ field: 'venueId', message: `the event takes place at ${event.venueId}` }],
      })
    return event
  }

  /** What was sold under a key stays sold under it, even when the same wish would be refused now. */
  async function firstAnswer(event: SellableEvent, asked: Asked, refusal: Refusal): Promise<Sale> {
    const [zone] = event.zones.values()
    if (!asked.key || !zone) throw refusal
    const outcome = await ledger.commit(changeOf(zone, [], asked))
    if (outcome.ok) return saleOf(outcome)
    throw outcome.why === 'key-reused' ? refusalOf(outcome.why, event, zone) : refusal
  }

  function sellNamed(event: SellableEvent, wanted: Named, asked: Asked): Promise<Sale> {
    const owners = ids(wanted.seats.length, asked)
    const fact = soldFact(event, wanted.zone, wanted.seats, owners, asked)
    const option: Option = { seats: wanted.seats, owners, fact: factText(fact) }
    return ledger.commit(changeOf(wanted.zone, [option], asked)).then((outcome) => {
      if (outcome.ok && outcome.replayed) return saleOf(outcome)
      if (outcome.ok) {
        beliefs.settle(wanted.zone.key, [], wanted.seats)
        return { tickets: ticketsOf(fact), shard: outcome.shard, position: outcome.position, replayed: false }
      }
      throw outcome.why === 'taken' ? refuseNamed(wanted, outcome.states) : refusalOf(outcome.why, event, wanted.zone)
    })
  }

  async function sellBest(event: SellableEvent, wanted: Best, asked: Asked): Promise<Sale> {
    const owners = ids(wanted.quantity, asked)
    for (let lost = 0; lost < ROUNDS + wanted.zones.length; lost++) {
      const chosen = await choose(event, wanted, asked.at, hash52(owners[0] as string))
      if (!chosen && (await askAgain(event, wanted, asked.at))) continue
      if (!chosen) return firstAnswer(event, asked, await soldOut(event, wanted, asked.at))
      const { zone, sets } = chosen
      const { key } = zone
      const options = sets.map((seats): Option => ({ seats, owners, fact: factText(soldFact(event, zone, seats, owners, asked)) }))
      let taken: readonly number[] = []
      const outcome = await ledger
        .commit(changeOf(zone, options, asked))
        .then((outcome) => {
          if (outcome.ok && !outcome.replayed) taken = options.find(({ fact }) => fact === outcome.fact)?.seats ?? []
          return outcome
        })
        .finally(() => beliefs.settle(key, sets[0] as number[], taken))
      if (outcome.ok) beliefs.raced(key, true)
      if (outcome.ok) return saleOf(outcome)
      if (outcome.why !== 'taken') throw refusalOf(outcome.why, event, zone)
      beliefs.raced(key, false)
      beliefs.learn(key, outcome.states, asked.at)
    }
    throw new Refusal('busy', 'Others were faster many times over. Try again.', { retryAfter: 1 })
  }

  /** The zone and the sets of seats to ask for, the first of them claimed: side by side anywhere before apart anywhere. Null when nothing is left as far as is known. */
  async function choose(
    event: SellableEvent,
    wanted: Best,
    at: number,
    lot: number,
  ): Promise<{ zone: PricedZone; sets: number[][] } | null> {
    for (const find of [together, apart])
      for (const zone of wanted.zones) {
        const { key } = zone
        const states = beliefs.of(key) ?? (await look(event, zone, at))
        if (beliefs.free(key) < wanted.quantity) continue
        const sets = find(zone.map, states, { ...wanted, among: beliefs.among(key), lot })
        if (!sets[0]) continue
        beliefs.claim(key, sets[0])
        return { zone, sets }
      }
    return null
  }

  /** Before anybody hears "sold out", the ledger is asked for the truth. False when it was, of every zone. */
  async function askAgain(event: SellableEvent, wanted: Best, at: number): Promise<boolean> {
    const unsure = wanted.zones.filter((zone) => !beliefs.isFresh(zone.key, at, wanted.named))
    await Promise.all(unsure.slice(0, ASKED_AT_ONCE).map((zone) => ask(event, zone, at, wanted.named)))
    return unsure.length > 0
  }

  /**
   * Asks for a zone behind all that was asked for before, by a change that nothing fulfils. A crowd that finds the house full shares the answer:
   * a hundred buyers at a house of forty zones asked 4,000 times.
   */
  function ask(event: SellableEvent, zone: PricedZone, at: number, exactly: boolean): Promise<void> {
    const { key } = zone
    const other = asks.get(key)
    if (other && countsAsFresh(other.at, at, exactly)) return other.done
    const asking = ledger.commit({ zone: key, options: [], from: 'free', to: 'sold', at }).then((outcome) => {
      if (!outcome.ok && outcome.why === 'taken') beliefs.learn(key, outcome.states, at)
      else throw refusalOf('not-open', event, zone)
    })
    const done = asking.finally(() => {
      if (asks.get(key)?.done === done) asks.delete(key)
    })
    asks.set(key, { at, done })
    return done
  }

  async function look(event: SellableEvent, zone: PricedZone, at: number): Promise<SeatStates> {
    const { key } = zone
    // At the opening second a thousand buyers look at one zone: one look serves them all.
    const looking = looks.get(key) ?? ledger.seats(key, at).finally(() => looks.delete(key))
    looks.set(key, looking)
    const states = await looking
    if (!states) throw refusalOf('not-open', event, zone)
    return beliefs.of(key) ?? beliefs.learn(key, states, at)
  }

  async function soldOut(event: SellableEvent, wanted: Best, at: number): Promise<Refusal> {
    if (wanted.zones.length === 0) return refuseBest(wanted, [], await cheapestFree(event, at))
    // `choose` has looked at every zone. Those that are full add nothing to what is told; of a house that is full, one is enough.
    const left = wanted.zones.filter(({ key }) => beliefs.free(key) > 0)
    const zones = left.length > 0 ? left : wanted.zones.slice(0, 1)
    const states = zones.map(({ key }) => beliefs.of(key) as SeatStates)
    return refuseBest({ ...wanted, zones }, states, [])
  }

  /** Zones from the cheapest on, up to the first with a free seat. */
  async function cheapestFree(event: SellableEvent, at: number): Promise<{ price: number; free: number }[]> {
    for (const zone of [...event.zones.values()].sort((a, b) => a.price - b.price)) {
      const { key } = zone
      if (!beliefs.isFresh(key, at, false)) await ask(event, zone, at, false)
      if (beliefs.free(key) > 0) return [{ price: zone.price, free: 1 }]
    }
    return []
  }

  return { sell }
}

/** What the wish asks for, or why it cannot be had at this moment. */
function wantedNow(event: SellableEvent, wish: Wish, at: number): Named | Best | Refusal {
  try {
    if (event.sale === 'checkout') throw new Refusal('checkout-required', `Seats of ${event.eventId} are held first and paid at checkout.`)
    onSale(event, at)
    return understand(wish, event)
  } catch (error) {
    if (error instanceof Refusal) return error
    throw error
  }
}

function ids(count: number, { newId }: Asked): string[] {
  const ids: string[] = []
  while (ids.length < count) ids.push(newId())
  return ids
}

function changeOf(zone: PricedZone, options: Option[], { at, key, trace }: Asked): Change {
  const change: Change = { zone: zone.key, options, from: 'free', to: 'sold', at }
  if (trace !== undefined) change.trace = trace
  return key ? { ...change, key } : change
}

function saleOf({ fact, shard, position, replayed }: Extract<Outcome, { ok: true }>): Sale {
  return { tickets: ticketsOf(JSON.parse(fact) as Sold), shard, position, replayed }
}

function refusalOf(why: 'key-reused' | 'not-open', event: SellableEvent, zone: PricedZone): Refusal {
  if (why === 'key-reused') return new Refusal('idempotency-key-reused', 'This Idempotency-Key was used for another request.')
  return new Refusal(
    'zone-not-open',
    `The ledger does not know zone ${zone.map.zoneId} of ${event.eventId}; nothing is sold in it until it is rebuilt.`,
    { retryAfter: 30 },
  )
}
