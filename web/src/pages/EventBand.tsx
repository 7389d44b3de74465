import type { EventDetail } from '@onsale/contract/events'
import { Link } from '@tanstack/react-router'
import { showPath } from '../paths.ts'
import { stockOf } from '../sale.ts'
import { type FieldRow, Fields } from '../ui/Fields.tsx'
import { PageHeading } from '../ui/PageHeading.tsx'
import { useWords } from '../words.ts'
import { placesOf } from './show-props.ts'

/** The head of an event's page, printed on its stock. */
export function EventBand({ event }: { event: EventDetail }) {
  const { t, date, money, number } = useWords()
  const [from, to] = [money(event.priceFrom, event.currency), money(event.priceTo, event.currency)]
  const rows: FieldRow[] = [
    { label: t('event.when'), value: <time dateTime={event.startsAt}>{date(event.startsAt, event.timeZone, 'long')}</time> },
    ...(event.doorsOpenAt ? [{ label: t('event.doors'), value: date(event.doorsOpenAt, event.timeZone, 'time') }] : []),
    { label: t('event.where'), value: t('event.place', { venue: event.venue, city: event.city }) },
    { label: t('event.price'), value: from === to ? from : t('price.range', { from, to }) },
    { label: t('event.freeNow'), value: t('event.freeOf', { free: number(event.available), all: number(placesOf(event)) }) },
  ]
  return (
    <>
      <div className={`band onstock ${stockOf(event.type)}`}>
        <div className="stack">
          <PageHeading title={event.name}>
            <bdi>{event.name}</bdi>
          </PageHeading>
          <Fields rows={rows} />
        </div>
      </div>
      <div className={`perf ${stockOf(event.type)}`} />
    </>
  )
}

/** The same over a zone: one line, and the way back to the house. */
export function SlimBand({ event, title }: { event: EventDetail; title: string }) {
  const { t, date } = useWords()
  const when = date(event.startsAt, event.timeZone, 'medium')
  return (
    <>
      <div className={`band slim onstock ${stockOf(event.type)}`}>
        <div>
          <PageHeading title={title}>
            <Link {...showPath(event.eventId)} activeOptions={{ exact: true }}>
              <bdi>{event.name}</bdi>
            </Link>
          </PageHeading>
          <p className="soft">{t('event.whenWhere', { when, venue: event.venue })}</p>
        </div>
      </div>
      <div className={`perf ${stockOf(event.type)}`} />
    </>
  )
}
