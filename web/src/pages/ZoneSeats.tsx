import { lazy, Suspense, useCallback, useMemo } from 'react'
import { loadPart } from '../parts.ts'
import { seatSet } from '../seats.ts'
import { say } from '../ui/Status.tsx'
import { SeatMap, type SeatMapProps } from '../ui/seat-map/SeatMap.tsx'
import { useWords } from '../words.ts'
import { Failure } from './Failure.tsx'
import { useSeatWords } from './seat-words.ts'
import { zoneTitle } from './show-props.ts'
import { useZoneRead } from './use-event.ts'
import { yourSeatsId } from './YourSeats.tsx'
import type { ZoneProps } from './ZoneView.tsx'

// Most readers take the map; the rows come when they are asked for.
const SeatRows = lazy(async () => ({ default: (await loadPart(() => import('../ui/seat-map/SeatRows.tsx'))).SeatRows }))

/** The seats themselves: live.ts changes them in place, the map draws them. */
export function ZoneSeats({ isList, ...props }: ZoneProps & { isList: boolean }) {
  const { event, zone, live } = props
  const { t } = useWords()
  const seats = live.zone(zone)
  const { ready, failure } = useZoneRead(seats)
  const map = useSeatMapProps(props, seats)
  if (!ready && failure)
    return <div className="pad">{<Failure failure={failure} what={t('zone.failed')} again={() => void seats.load()} />}</div>
  if (!ready) return <SeatBones rows={zone.rows} />
  if (isList) {
    return (
      <Suspense fallback={<SeatBones rows={zone.rows} />}>
        <SeatRows {...map} />
      </Suspense>
    )
  }
  return (
    <>
      {event.plan && <div className="front">{event.plan.front.name}</div>}
      <SeatMap {...map} />
    </>
  )
}

function SeatBones({ rows }: { rows: number }) {
  const { t } = useWords()
  return (
    <div className="pad" aria-busy="true">
      <span className="sr">{t('zone.loading')}</span>
      <div className="bone" style={{ height: `${Math.min(40, rows * 1.5)}rem` }} />
    </div>
  )
}

function useSeatMapProps({ event, zone, basket }: ZoneProps, live: Pick<SeatMapProps, 'seats' | 'subscribe'>): SeatMapProps {
  const words = useWords()
  const seatWords = useSeatWords()
  const { zoneId, rows, seatsPerRow } = zone
  const { store, picks, lost } = basket
  // The event comes anew with every change of its figures; the places of a zone stay.
  // biome-ignore lint/correctness/useExhaustiveDependencies: see above
  const shape = useMemo(
    () => ({
      zoneId,
      rows,
      seatsPerRow,
      accessible: seatSet(zone.accessible, seatsPerRow),
      companion: seatSet(zone.companion, seatsPerRow),
    }),
    [event.eventId, zoneId, rows, seatsPerRow],
  )
  const inZone = (list: typeof picks) => new Set(list.filter((pick) => pick.zoneId === zoneId).map((pick) => pick.seat))
  // biome-ignore lint/correctness/useExhaustiveDependencies: inZone depends on the zone alone
  const mine = useMemo(() => inZone(picks), [picks, zoneId])
  // biome-ignore lint/correctness/useExhaustiveDependencies: inZone depends on the zone alone
  const gone = useMemo(() => inZone(lost), [lost, zoneId])
  const onToggle = useCallback(
    (seat: number) => {
      const pick = { zoneId, seat }
      if (store.has(pick)) store.remove([pick])
      else store.add([pick])
    },
    [store, zoneId],
  )
  return {
    zone: shape,
    seats: live.seats,
    subscribe: live.subscribe,
    mine,
    lost: gone,
    price: words.money(zone.price, event.currency),
    max: event.maxPerOrder,
    picked: picks.length,
    onToggle,
    onLeave: toYourSeats,
    onSay: say,
    label: words.t('zone.mapLabel', { zone: zoneTitle(zone, words), rows, seats: seatsPerRow }),
    words: seatWords,
  }
}

function toYourSeats(): void {
  document.getElementById(yourSeatsId)?.focus()
}
