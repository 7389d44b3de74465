import type { EventDetail } from '@onsale/contract/events'
import type { Ticket } from '@onsale/contract/tickets'
import { serialOf, stockOf } from '../sale.ts'
import { DateStub } from '../ui/DateStub.tsx'
import { type FieldRow, Fields } from '../ui/Fields.tsx'
import { useWords } from '../words.ts'

/** The ticket itself, in the event's stock; one that opens no door any more is grey. */
export function TicketCard({ ticket, event }: { ticket: Ticket; event: EventDetail }) {
  const { t } = useWords()
  const isValid = ticket.status === 'PAID'
  return (
    <article className={`ticket big onstock ${isValid ? stockOf(event.type) : 'stock-grey'}`} aria-label={t('ticket.short')}>
      <TicketStub ticket={ticket} event={event} />
      <TicketFace ticket={ticket} event={event} />
    </article>
  )
}

function TicketStub({ ticket, event }: { ticket: Ticket; event: EventDetail }) {
  const { t } = useWords()
  const serial = serialOf(ticket.ticketId)
  return (
    <div className="stub">
      {ticket.status === 'PAID' ? (
        <p className="date">
          <DateStub time={event.startsAt} timeZone={event.timeZone} />
        </p>
      ) : (
        <p className="void narrow">{t(ticket.status === 'REFUNDED' ? 'ticket.refunded' : 'ticket.cancelled')}</p>
      )}
      <p className="serial" dir="ltr">
        <span className="sr">{t('ticket.serial', { serial })}</span>
        <span aria-hidden="true">Nº {serial}</span>
      </p>
    </div>
  )
}

function TicketFace({ ticket, event }: { ticket: Ticket; event: EventDetail }) {
  const { t, date, money } = useWords()
  const zone = event.zones.find(({ zoneId }) => zoneId === ticket.zoneId)
  const facts: FieldRow[] = [
    { label: t('event.when'), value: <time dateTime={event.startsAt}>{date(event.startsAt, event.timeZone, 'full')}</time> },
    ...(event.doorsOpenAt ? [{ label: t('event.doors'), value: date(event.doorsOpenAt, event.timeZone, 'time') }] : []),
    { label: t('event.where'), value: t('event.place', { venue: event.venue, city: event.city }) },
  ]
  const seat: FieldRow[] = [
    { label: t('ticket.zone'), value: <bdi>{zone?.name ?? ticket.zoneId}</bdi> },
    ...(zone?.section ? [{ label: t('event.tier'), value: <bdi>{zone.section}</bdi> }] : []),
    { label: t('ticket.row'), value: ticket.row },
    { label: t('ticket.seat'), value: ticket.column },
  ]
  const bought = date(ticket.createdOn, event.timeZone, 'full')
  return (
    <div className="face">
      <p className="small kind">{t('ticket.admit')}</p>
      <h2>
        <bdi>{event.name}</bdi>
      </h2>
      <Fields rows={facts} />
      <Fields rows={seat} className="big seat" />
      <p className="small soft">{t('ticket.paid', { price: money(ticket.price, ticket.currency), when: bought })}</p>
    </div>
  )
}
