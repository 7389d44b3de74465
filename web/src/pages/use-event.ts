import type { EventDetail } from '@onsale/contract/events'
import { type UseQueryResult, useQuery } from '@tanstack/react-query'
import { useEffect, useMemo, useState, useSyncExternalStore } from 'react'
import { getEvent } from '../api.ts'
import { serverNow } from '../clock.ts'
import { type LiveEvent, liveEvent } from '../live.ts'
import type { Connection } from '../live-stream.ts'
import type { LiveZone } from '../live-zone.ts'

export function useEventQuery(eventId: string): UseQueryResult<EventDetail> {
  return useQuery({ queryKey: ['event', eventId], queryFn: ({ signal }) => getEvent(eventId, signal) })
}

/** The event as it is right now: what was read first, overtaken by the stream. */
export function useLiveEvent(first: EventDetail): { event: EventDetail; connection: Connection; live: LiveEvent } {
  const live = useMemo(() => liveEvent(first.eventId), [first.eventId])
  const { event, connection } = useSyncExternalStore(live.subscribe, live.state)
  return { event: event ?? first, connection, live }
}

/** Renders again when the seats of a zone have been read, or could not be; single seats reach the drawing without React. */
export function useZoneRead(zone: LiveZone): { ready: boolean; failure: unknown } {
  const ready = useSyncExternalStore(zone.subscribe, zone.ready)
  const failure = useSyncExternalStore(zone.subscribe, zone.failure)
  return { ready, failure }
}

/** The server's clock, told at each whole second before `until`, and at that moment itself. */
export function useServerNow(until: string | null): number {
  const [now, setNow] = useState(serverNow)
  // biome-ignore lint/correctness/useExhaustiveDependencies: `now` is what starts the next second
  useEffect(() => {
    const left = until ? Date.parse(until) - serverNow() : 0
    if (left <= 0) return
    const tick = setTimeout(() => setNow(serverNow()), left % 1000 || 1000)
    return () => clearTimeout(tick)
  }, [until, now])
  return now
}
