import { useCallback, useSyncExternalStore } from 'react'
import type { SeatFeed } from './seat-feed.ts'

const decoder = new TextDecoder()

/** A list of words is read, not watched: four times a second is enough. */
const PAUSE_MS = 250

/** All seats as one string, which React compares by value. */
export function useRowCodes(seats: Uint8Array, feed: SeatFeed): string {
  const subscribe = useCallback((changed: () => void) => listenSlowly(feed, changed), [feed])
  return useSyncExternalStore(subscribe, () => decoder.decode(seats))
}

function listenSlowly(feed: SeatFeed, changed: () => void): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined
  const stop = feed.listen(() => {
    timer ??= setTimeout(() => {
      timer = undefined
      changed()
    }, PAUSE_MS)
  })
  return () => {
    clearTimeout(timer)
    stop()
  }
}
