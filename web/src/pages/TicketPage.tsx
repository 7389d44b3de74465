import type { Ticket } from '@onsale/contract/tickets'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { ArrowLeft, ChevronRight, CircleCheck, CircleSlash } from 'lucide-react'
import { getTicket, Problem } from '../api.ts'
import { pages, ticketPath, ticketsOf } from '../paths.ts'
import { TicketBones } from '../ui/Bones.tsx'
import { PageHeading } from '../ui/PageHeading.tsx'
import { useVenueTime } from '../venue-time.ts'
import { useWords } from '../words.ts'
import { Failure } from './Failure.tsx'
import { MissingPage } from './NotFoundPage.tsx'
import { TicketCard } from './TicketCard.tsx'
import { TicketWays } from './TicketWays.tsx'
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
  const all = ticketsOf(ticket.ticketId, route.useSearch())
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
      <Neighbours ticketId={ticket.ticketId} all={all} />
      {event && <TicketWays event={event} status={ticket.status} others={all.filter((id) => id !== ticket.ticketId)} />}
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
function Neighbours({ ticketId, all }: { ticketId: string; all: readonly string[] }) {
  const { t } = useWords()
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
