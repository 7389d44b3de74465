import type { EventDetail } from '@onsale/contract/events'
import { getRouteApi } from '@tanstack/react-router'
import { lazy, Suspense, useEffect } from 'react'
import { Problem } from '../api.ts'
import { loadPart } from '../parts.ts'
import { pages } from '../paths.ts'
import { saleState } from '../sale.ts'
import { BandBones } from '../ui/Bones.tsx'
import { useVenueTime } from '../venue-time.ts'
import { useWords } from '../words.ts'
import { Failure } from './Failure.tsx'
import { MissingPage } from './NotFoundPage.tsx'
import { useBasket } from './use-basket.ts'
import { useEventQuery, useLiveEvent, useServerNow } from './use-event.ts'

const route = getRouteApi(pages.show)
const loadOverview = () => import('./EventOverview.tsx')
const loadZone = () => import('./ZoneView.tsx')
const EventOverview = lazy(async () => ({ default: (await loadPart(loadOverview)).EventOverview }))
const ZoneView = lazy(async () => ({ default: (await loadPart(loadZone)).ZoneView }))

/** One event: the house, or with `zone` that zone's seats. */
export function ShowPage() {
  const { t } = useWords()
  const { eventId } = route.useParams()
  const { data, error, refetch } = useEventQuery(eventId)
  if (error instanceof Problem && error.status === 404) return <MissingPage text={t('missing.event')} />
  return (
    <main id="main" className={error && !data ? 'stack' : 'bleed'}>
      {data ? (
        <Show key={eventId} first={data} />
      ) : error ? (
        <FailedShow error={error} again={() => void refetch()} />
      ) : (
        <BandBones label={t('event.loading')} />
      )}
    </main>
  )
}

function FailedShow({ error, again }: { error: Error; again: () => void }) {
  const { t } = useWords()
  return (
    <>
      <h1>{t('event.failed')}</h1>
      <Failure failure={error} again={again} />
    </>
  )
}

function Show({ first }: { first: EventDetail }) {
  const { t } = useWords()
  const { event, connection, live } = useLiveEvent(first)
  const { zone: zoneId } = route.useSearch()
  const now = useServerNow(event.saleStartsAt)
  const basket = useBasket(event, live)
  useVenueTime(event.timeZone, event.startsAt)
  const zone = event.zones.find((zone) => zone.zoneId === zoneId)
  const props = { event, connection, live, basket, now, state: saleState(event, now) }
  useEffect(() => {
    // The seat map comes while the house is looked at, so that a zone opens at once; who opens one hears when it did not.
    loadZone().catch(() => undefined)
  }, [])
  return (
    <Suspense fallback={<BandBones label={t('event.loading')} />}>
      {zone ? <ZoneView {...props} zone={zone} /> : <EventOverview {...props} />}
    </Suspense>
  )
}
