import type { EventDetail } from '@onsale/contract/events'
import type { SoldTicket } from '@onsale/contract/tickets'
import type { Wish } from '@onsale/contract/wish'
import { useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react'
import { buy, Problem, Unreachable } from '../api.ts'
import { unanswered } from '../intentions.ts'
import type { LiveEvent } from '../live.ts'
import { ticketPath } from '../paths.ts'
import { type Pick, type Picks, picksOf } from '../picks.ts'
import { refusalText, takenSeats } from '../refusals.ts'
import { say } from '../ui/Status.tsx'
import { useWords } from '../words.ts'
import { useLostPicks } from './use-lost-picks.ts'

export type Refused = { failure: unknown; wish: Wish; button: string }
/** What I chose of an event, and the way to make it mine. */
export type Basket = {
  picks: readonly Pick[]
  lost: readonly Pick[]
  store: Picks
  isTaking: boolean
  /** Seconds until the next try, while the server is busy. */
  waiting: number | null
  refused: Refused | null
  /** Already mine, when a later part of the same press was refused. */
  bought: readonly SoldTicket[]
  /** One command a wish, in order; stops at the first refusal, and what was bought stays bought. */
  take: (button: string, wishes: readonly Wish[]) => Promise<void>
  dismiss: () => void
}

export function useBasket(event: EventDetail, live: LiveEvent): Basket {
  const words = useWords()
  const queries = useQueryClient()
  const navigate = useNavigate()
  const store = useMemo(() => picksOf(event.eventId), [event.eventId])
  const picks = useSyncExternalStore(store.subscribe, store.get)
  const lost = useSyncExternalStore(store.subscribe, store.lost)
  const [isTaking, setTaking] = useState(false)
  const [waiting, setWaiting] = useState<number | null>(null)
  const [refused, setRefused] = useState<Refused | null>(() => unansweredPress(event.eventId))
  const [bought, setBought] = useState<readonly SoldTicket[]>([])
  // A press that comes before the next render must see that one is under way.
  const taking = useRef(false)
  // As long as nobody knows how my press ended, "sold" may be me.
  useLostPicks(event, live, store, picks, isTaking || (refused !== null && !isAnswer(refused.failure)))
  // biome-ignore lint/correctness/useExhaustiveDependencies: spoken once, when it happens; not again when the event's figures change
  useEffect(() => {
    if (refused) say(refusalText(refused.failure, words, { event, maxPrice: refused.wish.maxPrice, isPress: true }))
  }, [refused])

  async function takeAll(button: string, wishes: readonly Wish[]): Promise<void> {
    const mine = [...bought]
    for (const wish of wishes) {
      try {
        const tickets = await buy(button, wish, setWaiting)
        mine.push(...tickets)
        store.remove(picksIn(wish, store.get()))
        for (const ticket of tickets) queries.setQueryData(['ticket', ticket.ticketId], ticket)
      } catch (failure) {
        setBought(mine)
        if (failure instanceof Problem) live.taken(takenSeats(failure.facts))
        setRefused({ failure, wish, button })
        return
      }
    }
    say(words.t('say.bought', { count: mine.length }))
    const ids = mine.map((ticket) => ticket.ticketId)
    if (ids[0]) await navigate(ticketPath(ids[0], ids))
  }

  async function take(button: string, wishes: readonly Wish[]): Promise<void> {
    if (taking.current) return
    taking.current = true
    setTaking(true)
    setRefused(null)
    try {
      await takeAll(button, wishes)
    } finally {
      taking.current = false
      setTaking(false)
      setWaiting(null)
    }
  }

  return { picks, lost, store, isTaking, waiting, refused, bought, take, dismiss: () => setRefused(null) }
}

/** A reload or a lost line between the press and its answer: the same press again brings the first answer. */
function unansweredPress(eventId: string): Refused | null {
  const press = unanswered<Wish>((wish) => wish.eventId === eventId)
  return press && { failure: new Unreachable('reloaded'), wish: press.body, button: press.button }
}

function isAnswer(failure: unknown): boolean {
  return failure instanceof Problem && failure.status < 500
}

/** The picks that a wish for named seats has turned into tickets. */
function picksIn(wish: Wish, picks: readonly Pick[]): Pick[] {
  return wish.seats ? picks.filter((pick) => pick.zoneId === wish.seats?.[0]?.zoneId) : []
}
