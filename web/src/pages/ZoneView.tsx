import type { EventZone } from '@onsale/contract/events'
import { getRouteApi, Link } from '@tanstack/react-router'
import { ChevronLeft, ChevronRight, List, Map as MapIcon } from 'lucide-react'
import { useEffect, useRef } from 'react'
import { pages, type ShowSearch, showPath } from '../paths.ts'
import { LiveChip } from '../ui/LiveChip.tsx'
import { say } from '../ui/Status.tsx'
import { SeatLegend } from '../ui/seat-map/SeatLegend.tsx'
import { useWords } from '../words.ts'
import { SlimBand } from './EventBand.tsx'
import { FindForm } from './FindForm.tsx'
import { FullZone } from './FullZone.tsx'
import { SaleNotice } from './SaleNotice.tsx'
import { useSeatWords } from './seat-words.ts'
import { type ShowProps, zoneTitle } from './show-props.ts'
import { ViewChoice } from './ViewChoice.tsx'
import { YourSeats } from './YourSeats.tsx'
import { ZoneSeats } from './ZoneSeats.tsx'

export type ZoneProps = ShowProps & { zone: EventZone }

const route = getRouteApi(pages.show)

/** One zone's seats, as a map or as rows, and beside them what I picked. */
export function ZoneView(props: ZoneProps) {
  const { event, zone, basket, connection, state } = props
  const words = useWords()
  const { legend } = useSeatWords()
  const search = route.useSearch()
  const isList = showsRows(search)
  const title = zoneTitle(zone, words)
  const canBuy = state === 'open' || state === 'before'
  useSpokenZone(zone, title)
  return (
    <>
      <SlimBand event={event} title={words.t('zone.title', { zone: title, event: event.name })} />
      <div className="wrap split zone-page">
        <section className="map" aria-labelledby="zone">
          <div className="top">
            <ZoneHead {...props} search={search} />
            <ViewChoice
              label={words.t('zone.show')}
              eventId={event.eventId}
              ways={[
                { isOn: !isList, icon: MapIcon, word: words.t('zone.map'), search: { ...search, view: 'map' } },
                { isOn: isList, icon: List, word: words.t('zone.rows'), search: { ...search, view: 'list' } },
              ]}
            />
          </div>
          <ZoneSeats {...props} isList={isList} />
          <div className="top base">
            {isList ? (
              <span />
            ) : (
              <SeatLegend
                words={legend}
                hasAccessible={zone.accessible.length > 0}
                hasCompanion={zone.companion.length > 0}
                hasLost={basket.lost.length > 0}
              />
            )}
            <LiveChip connection={connection} />
          </div>
        </section>
        <aside className="stack">
          {canBuy ? (
            <>
              <YourSeats {...props} />
              {zone.available > 0 ? <FindForm {...props} search={search} /> : <FullZone event={event} zone={zone} search={search} />}
            </>
          ) : (
            <SaleNotice event={event} state={state} />
          )}
        </aside>
      </div>
    </>
  )
}

/** Rows need no drawing: the better start where the system paints over all colours. */
function showsRows({ view }: ShowSearch): boolean {
  return view ? view === 'list' : window.matchMedia('(forced-colors: active)').matches
}

type HeadProps = ZoneProps & { search: ShowSearch }

function ZoneHead({ event, zone, search }: HeadProps) {
  const words = useWords()
  const { t, number, money } = words
  const at = event.zones.indexOf(zone)
  const before = event.zones.slice(0, at).findLast((other) => other.available > 0)
  const next = event.zones.slice(at + 1).find((other) => other.available > 0)
  const price = money(zone.price, event.currency)
  return (
    <div className="row zone-head">
      <Neighbour event={event} zone={before} search={search} icon={<ChevronLeft className="icon flip" aria-hidden="true" />} />
      <h2 className="h" id="zone">
        {zoneTitle(zone, words)}
        <span className="soft num">
          {zone.available > 0 ? t('zone.free', { count: zone.available, formatted: number(zone.available), price }) : t('event.soldOut')}
        </span>
      </h2>
      <Neighbour event={event} zone={next} search={search} icon={<ChevronRight className="icon flip" aria-hidden="true" />} />
    </div>
  )
}

type NeighbourProps = { event: ShowProps['event']; zone: EventZone | undefined; search: ShowSearch; icon: React.ReactNode }

function Neighbour({ event, zone, search, icon }: NeighbourProps) {
  const words = useWords()
  if (!zone) return null
  return (
    <Link
      className="btn small icon-only"
      aria-label={zoneTitle(zone, words)}
      replace
      resetScroll={false}
      {...showPath(event.eventId, { ...search, zone: zone.zoneId })}
    >
      {icon}
    </Link>
  )
}

/** From zone to zone the focus stays on the arrow, so the new zone is said. */
function useSpokenZone(zone: EventZone, title: string): void {
  const { t } = useWords()
  const spoken = useRef(zone.zoneId)
  useEffect(() => {
    if (spoken.current === zone.zoneId) return
    spoken.current = zone.zoneId
    say(t('zone.spoken', { zone: title, count: zone.available }))
  }, [zone, title, t])
}
