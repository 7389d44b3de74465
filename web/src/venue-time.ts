/** Which venue's clock the page in view shows, for the line in the footer. */
import { useEffect, useSyncExternalStore } from 'react'

export type VenueTime = { timeZone: string; at: string }

let shown: VenueTime | null = null
const listeners = new Set<() => void>()

function show(next: VenueTime | null): void {
  shown = next
  for (const listener of listeners) listener()
}

export function useVenueTime(timeZone: string | undefined, at: string | undefined): void {
  useEffect(() => {
    if (!timeZone || !at) return
    show({ timeZone, at })
    return () => show(null)
  }, [timeZone, at])
}

/** Nothing where the reader's clock agrees with the venue's. */
export function useShownVenueTime(): VenueTime | null {
  const subscribe = (listener: () => void) => {
    listeners.add(listener)
    return () => listeners.delete(listener)
  }
  const now = useSyncExternalStore(subscribe, () => shown)
  return now && now.timeZone !== Intl.DateTimeFormat().resolvedOptions().timeZone ? now : null
}
