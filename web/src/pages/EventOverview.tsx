import type { EventDetail, EventZone } from '@onsale/contract/events'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { List, Map as MapIcon } from 'lucide-react'
import { useState } from 'react'
import { pages, type ShowSearch, showPath } from '../paths.ts'
import { LiveChip } from '../ui/LiveChip.tsx'
import { Plan } from '../ui/Plan.tsx'
import { PlanKey } from '../ui/PlanKey.tsx'
import { useWords } from '../words.ts'
import { BestSeatsForm } from './BestSeatsForm.tsx'
import { EventBand } from './EventBand.tsx'
import { GoodToKnow } from './GoodToKnow.tsx'
import { SaleNotice } from './SaleNotice.tsx'
import type { ShowProps } from './show-props.ts'
import { ViewChoice } from './ViewChoice.tsx'
import { YourSeats } from './YourSeats.tsx'
import { ZoneList } from './ZoneList.tsx'
import { zoneTip } from './zone-words.ts'

const route = getRouteApi(pages.show)

export function EventOverview(props: ShowProps) {
  const { event, basket, state } = props
  const search = route.useSearch()
  const [pointed, setPointed] = useState<number | null>(null)
  const canBuy = state === 'open' || state === 'before'
  const hasPlan = event.plan !== null && event.zones.every((zone) => zone.plan)
  // With `view=list` the list says all that the plan would, so it takes its place and its buttons.
  const isWhole = search.view === 'list' || !hasPlan
  const choice = <PlanOrList event={event} search={search} />
  return (
    <>
      <EventBand event={event} />
      <div className="wrap split">
        <div className="stack-l">
          {hasPlan && !isWhole && <PlanPanel {...props} search={search} pointed={pointed} />}
          <ZoneList event={event} search={search} point={setPointed} isWhole={isWhole} choice={hasPlan && isWhole && choice}>
            {isWhole && <LiveChip connection={props.connection} />}
          </ZoneList>
          <GoodToKnow event={event} />
        </div>
        <aside className="stack first">
          {canBuy ? <BestSeatsForm {...props} search={search} /> : <SaleNotice event={event} state={state} />}
          {basket.picks.length > 0 && <YourSeats {...props} />}
        </aside>
      </div>
    </>
  )
}

type PanelProps = ShowProps & { search: ShowSearch; pointed: number | null }

/** The house as a plan. */
function PlanPanel({ event, connection, search, pointed }: PanelProps) {
  const words = useWords()
  const { t } = words
  const navigate = useNavigate()
  if (!event.plan) return null
  const name = t('event.planName', { count: event.zones.length, venue: event.venue, front: event.plan.front.name })
  return (
    <section className="map">
      <div className="top">
        <h2 className="h">{t('event.choose')}</h2>
        <PlanOrList event={event} search={search} />
      </div>
      <Plan
        plan={event.plan}
        zones={event.zones}
        name={name}
        pointed={pointed}
        isDim={(zone) => !matches(zone, search)}
        tip={(zone) => zoneTip(event, zone, words)}
        open={(zone) => void navigate(showPath(event.eventId, { ...search, zone: zone.zoneId, view: undefined }))}
      />
      <div className="top base">
        <PlanKey />
        <LiveChip connection={connection} />
      </div>
    </section>
  )
}

function PlanOrList({ event, search }: { event: EventDetail; search: ShowSearch }) {
  const { t } = useWords()
  const isList = search.view === 'list'
  return (
    <ViewChoice
      label={t('event.show')}
      eventId={event.eventId}
      ways={[
        { isOn: !isList, icon: MapIcon, word: t('event.plan'), search: { ...search, view: undefined } },
        { isOn: isList, icon: List, word: t('event.list'), search: { ...search, view: 'list' } },
      ]}
    />
  )
}

/** What the ceiling and the tier leave over. */
function matches(zone: EventZone, { max, tier }: ShowSearch): boolean {
  return (max === undefined || zone.price <= max) && (tier === undefined || zone.section === tier)
}
