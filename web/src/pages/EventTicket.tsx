import type { EventSummary } from '@onsale/contract/events'
import { Link } from '@tanstack/react-router'
import { Ban, Clock, TriangleAlert } from 'lucide-react'
import { serverNow } from '../clock.ts'
import { showPath } from '../paths.ts'
import { saleState, stockOf } from '../sale.ts'
import { DateStub } from '../ui/DateStub.tsx'
import { kindName, useWords } from '../words.ts'

const scarceShare = 0.02

/** One event in a list. */
export function EventTicket({ event }: { event: EventSummary }) {
  const words = useWords()
  const { t, date } = words
  return (
    <Link className={`ticket ${stockOf(event.type)}`} {...showPath(event.eventId)}>
      <span className="stub">
        <DateStub time={event.startsAt} timeZone={event.timeZone} />
      </span>
      <span className="face event">
        <span className="what">
          <span className="title narrow">
            <bdi>{event.name}</bdi>
          </span>
          <span className="soft">{t('event.place', { venue: event.venue, city: event.city })}</span>
        </span>
        <span className="kind">
          <time className="strong" dateTime={event.startsAt}>
            {date(event.startsAt, event.timeZone, 'time')}
          </time>
          <span className="soft">{kindName(event.type, words)}</span>
        </span>
        <span className="cost">
          <Price event={event} />
          <Availability event={event} />
        </span>
      </span>
    </Link>
  )
}

function Price({ event }: { event: EventSummary }) {
  const { t, money } = useWords()
  if (saleState(event, serverNow()) === 'sold-out') return null
  const [from, to] = [money(event.priceFrom, event.currency), money(event.priceTo, event.currency)]
  return <span className="narrow num money">{from === to ? from : t('price.range', { from, to })}</span>
}

function Availability({ event }: { event: EventSummary }) {
  const { t, number, date } = useWords()
  const { available, held, sold } = event
  const state = saleState(event, serverNow())
  if (state === 'before' && event.saleStartsAt) {
    return (
      <span className="chip carbon">
        <Clock className="icon" aria-hidden="true" />
        {t('home.saleStarts', { when: date(event.saleStartsAt, event.timeZone, 'shortTime') })}
      </span>
    )
  }
  if (state === 'sold-out') {
    return (
      <span className="chip">
        <Ban className="icon" aria-hidden="true" />
        {t('home.soldOut')}
      </span>
    )
  }
  if (available < scarceShare * (available + held + sold)) {
    return (
      <span className="chip red">
        <TriangleAlert className="icon" aria-hidden="true" />
        {t('home.left', { count: available, formatted: number(available) })}
      </span>
    )
  }
  return <span className="soft small num">{t('home.free', { count: available, formatted: number(available) })}</span>
}
