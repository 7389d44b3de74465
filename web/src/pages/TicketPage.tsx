import type { EventDetail } from '@onsale/contract/events'
import type { Ticket } from '@onsale/contract/tickets'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { ArrowLeft, ChevronRight, CircleCheck, CircleSlash, Printer } from 'lucide-react'
import { getTicket, Problem } from '../api.ts'
import { pages, showPath, ticketPath, ticketsOf } from '../paths.ts'
import { TicketBones } from '../ui/Bones.tsx'
import { PageHeading } from '../ui/PageHeading.tsx'
import { useVenueTime } from '../venue-time.ts'
import { useWords } from '../words.ts'
import { Failure } from './Failure.tsx'
import { MissingPage } from './NotFoundPage.tsx'
import { TicketCard } from './TicketCard.tsx'
import { useEventQuery } from './use-event.ts'

const route = getRouteApi(pages.ticket)

export function TicketPage() {
  const { t } = useWords()
  const { ticketId } = route.useParams()
  const { data, error, refetch } = useQuery({ queryKey: ['ticket', ticketId], queryFn: ({ signal }) => getTicket(ticketId, signal) })
  if (error instanceof Problem && error.status < 500) return <MissingPage text={t('missing.ticket')} />
  return (
    <main id="main" className="stack ticket-page">
      {data ? (
        <BoughtTicket key={ticketId} ticket={data} />
      ) : (
        <>
          <h1 className="sr">{t('ticket.title')}</h1>
          {error ? (
            <Failure failure={error} what={t('ticket.failed')} again={() => void refetch()} />
          ) : (
            <TicketBones label={t('ticket.loading')} count={1} />
          )}
        </>
      )}
    </main>
  )
}

function BoughtTicket({ ticket }: { ticket: Ticket }) {
  const { t } = useWords()
  const { data: event, error, refetch } = useEventQuery(ticket.eventId)
  useVenueTime(event?.timeZone, event?.startsAt)
  return (
    <>
      <div className="row between noprint">
        <PageHeading title={t('ticket.title')} />
        <TicketState status={ticket.status} />
      </div>
      {event && <TicketCard ticket={ticket} event={event} />}
      {!event &&
        (error ? (
          <Failure failure={error} what={t('ticket.failed')} again={() => void refetch()} />
        ) : (
          <TicketBones label={t('ticket.loading')} count={1} />
        ))}
      <Neighbours ticketId={ticket.ticketId} />
      {event && <Ways event={event} status={ticket.status} />}
    </>
  )
}

function TicketState({ status }: { status: Ticket['status'] }) {
  const { t } = useWords()
  const isValid = status === 'PAID'
  const Icon = isValid ? CircleCheck : CircleSlash
  return (
    <span className={isValid ? 'chip green' : 'chip'}>
      <Icon className="icon" aria-hidden="true" />
      {t(isValid ? 'ticket.valid' : status === 'REFUNDED' ? 'ticket.refunded' : 'ticket.cancelled')}
    </span>
  )
}

/** The other tickets of the same press. */
function Neighbours({ ticketId }: { ticketId: string }) {
  const { t } = useWords()
  const all = ticketsOf(ticketId, route.useSearch())
  const at = all.indexOf(ticketId)
  const [before, next] = [all[at - 1], all[at + 1]]
  if (all.length < 2) return null
  return (
    <nav className="row between noprint" aria-label={t('ticket.others')}>
      <p className="soft small">{t('ticket.of', { at: at + 1, count: all.length })}</p>
      <div className="row">
        {before && (
          <Link className="btn small" {...ticketPath(before, all)}>
            <ArrowLeft className="icon flip" aria-hidden="true" />
            {t('ticket.before')}
          </Link>
        )}
        {next && (
          <Link className="btn small" {...ticketPath(next, all)}>
            {t('ticket.next')}
            <ChevronRight className="icon flip" aria-hidden="true" />
          </Link>
        )}
      </div>
    </nav>
  )
}

function Ways({ event, status }: { event: EventDetail; status: Ticket['status'] }) {
  const { t } = useWords()
  return (
    <section className="panel stack noprint">
      <h2 className="h">{t('ticket.youCan')}</h2>
      <div className="row">
        <button type="button" className="btn small" onClick={() => window.print()}>
          <Printer className="icon" aria-hidden="true" />
          {t('ticket.print')}
        </button>
        <Link className="btn small" {...showPath(event.eventId)}>
          {t('ticket.more')}
        </Link>
      </div>
      <p className="small soft">{t(status === 'PAID' ? 'ticket.keep' : 'ticket.gone')}</p>
    </section>
  )
}
