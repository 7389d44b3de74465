import type { EventSummary } from '@onsale/contract/events'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useEffect } from 'react'
import { type EventsQuery, getEvents } from '../api.ts'
import { monthOf, startOfDay } from '../format.ts'
import { type HomeSearch, pages } from '../paths.ts'
import { TicketBones } from '../ui/Bones.tsx'
import { PageHeading } from '../ui/PageHeading.tsx'
import { say } from '../ui/Status.tsx'
import { useVenueTime } from '../venue-time.ts'
import { useWords, type Words } from '../words.ts'
import { EventTicket } from './EventTicket.tsx'
import { Failure } from './Failure.tsx'
import { EmptyHome, NoMatch } from './HomeEmpty.tsx'
import { HomeSearchForm } from './HomeSearchForm.tsx'

const route = getRouteApi(pages.home)

export function HomePage() {
  const words = useWords()
  const search = route.useSearch()
  const all = useQuery({ queryKey: ['events', {}], queryFn: ({ signal }) => getEvents({}, signal) })
  const timeZone = all.data?.[0]?.timeZone
  const filter = filterOf(search, timeZone ?? 'UTC')
  const isFiltered = Object.values(filter).some(Boolean)
  const found = useQuery({
    queryKey: ['events', filter],
    queryFn: ({ signal }) => getEvents(filter, signal),
    placeholderData: keepPreviousData,
    // The days of a filter are the venue's, and only the events say where that is.
    enabled: all.isSuccess || !isFiltered,
  })
  useVenueTime(timeZone, all.data?.[0]?.startsAt)
  useSpokenCount(isFiltered && !found.isPlaceholderData ? found.data?.length : undefined, words)
  const failure = all.error ?? found.error
  return (
    <main id="main" className="stack-l home">
      <div className="head">
        <PageHeading title={words.t('home.title')} className="announce">
          {headline(all.data, words)}
        </PageHeading>
        <HomeSearchForm search={search} events={all.data ?? []} />
      </div>
      {failure ? (
        <Failure failure={failure} what={words.t('home.failed')} again={() => void Promise.all([all.refetch(), found.refetch()])} />
      ) : (
        <Found events={found.data} search={search} isFiltered={isFiltered} />
      )}
    </main>
  )
}

function Found({ events, search, isFiltered }: { events: EventSummary[] | undefined; search: HomeSearch; isFiltered: boolean }) {
  const { t } = useWords()
  if (!events) return <TicketBones label={t('home.loading')} count={4} />
  if (events.length === 0) return isFiltered ? <NoMatch q={search.q} /> : <EmptyHome />
  return byMonth(events).map(([month, ofMonth]) => <Month key={month} events={ofMonth} />)
}

function Month({ events }: { events: readonly EventSummary[] }) {
  const { date } = useWords()
  const first = events[0]
  return (
    <section className="stack">
      <h2 className="month">{first && date(first.startsAt, first.timeZone, 'monthYear')}</h2>
      <ul className="stack-s">
        {events.map((event) => (
          <li key={event.eventId}>
            <EventTicket event={event} />
          </li>
        ))}
      </ul>
    </section>
  )
}

function filterOf({ q, type, from, to, venueId }: HomeSearch, timeZone: string): EventsQuery {
  return { q, type, venueId, from: from && startOfDay(from, timeZone), to: to && startOfDay(to, timeZone) }
}

function byMonth(events: readonly EventSummary[]): [string, EventSummary[]][] {
  return [...Map.groupBy(events, (event) => monthOf(event.startsAt, event.timeZone))]
}

/** A city is worth naming when it is the only one; a small number reads better as a word. */
function headline(events: readonly EventSummary[] | undefined, { t, number }: Words): string {
  const cities = new Set(events?.map((event) => event.city))
  const [city] = cities
  if (!events || cities.size !== 1 || !city) return t('home.onSaleNow')
  const count = events.length
  return t('home.headline', { count, city, number: t('home.numbers').split(',')[count - 1] || number(count) })
}

function useSpokenCount(count: number | undefined, { t }: Words): void {
  useEffect(() => {
    if (count !== undefined) say(t('home.found', { count }))
  }, [count, t])
}
