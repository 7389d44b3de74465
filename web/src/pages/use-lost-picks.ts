import type { EventDetail, EventZone } from '@onsale/contract/events'
import { useEffect } from 'react'
import type { LiveEvent } from '../live.ts'
import type { LiveZone } from '../live-zone.ts'
import type { Pick, Picks } from '../picks.ts'
import { seatText } from '../refusals.ts'
import { seatName } from '../seats.ts'
import { say } from '../ui/Status.tsx'
import { FREE, NONE } from '../ui/seat-map/seat-geometry.ts'
import { useWords, type Words } from '../words.ts'

/** Takes out of my list what somebody else was faster with, in every zone I picked in, and says so. */
export function useLostPicks(event: EventDetail, live: LiveEvent, store: Picks, picks: readonly Pick[], isPaused: boolean): void {
  const words = useWords()
  const zoneIds = [...new Set(picks.map((pick) => pick.zoneId))].sort((a, b) => a - b).join()
  // Zones keep their shape while figures change, so that the watch is not set up anew four times a second.
  // biome-ignore lint/correctness/useExhaustiveDependencies: see above
  useEffect(() => {
    if (isPaused || zoneIds === '') return
    const watched = zoneIds.split(',').map(Number)
    const stops = watched.map((zoneId) => {
      const zone = event.zones.find((zone) => zone.zoneId === zoneId)
      return zone ? watch(zone, live.zone(zone), store, words) : dropAll(zoneId, store)
    })
    return () => {
      for (const stop of stops) stop()
    }
  }, [live, store, zoneIds, isPaused, words])
}

function watch(zone: EventZone, seats: LiveZone, store: Picks, words: Words): () => void {
  const check = () => {
    if (!seats.ready()) return
    for (const pick of store.get().filter(({ zoneId }) => zoneId === zone.zoneId)) {
      const letter = seats.seats[pick.seat]
      if (letter === FREE) continue
      if (letter === undefined || letter === NONE) store.remove([pick])
      else lose(pick, zone, store, words)
    }
  }
  check()
  return seats.subscribe(check)
}

function lose(pick: Pick, zone: EventZone, store: Picks, words: Words): void {
  store.lose(pick)
  const { row, column } = seatName(pick.seat, zone.seatsPerRow)
  say(words.t('picks.lostMore', { count: store.get().length, seat: seatText({ row, column }, words) }))
}

/** Picks of an older plan of the house. */
function dropAll(zoneId: number, store: Picks): () => void {
  store.remove(store.get().filter((pick) => pick.zoneId === zoneId))
  return () => undefined
}
