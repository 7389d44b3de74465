import type { EventDetail } from '@onsale/contract/events'
import type { Ticket } from '@onsale/contract/tickets'
import { useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Printer } from 'lucide-react'
import { useEffect, useState } from 'react'
import { getEvent, getTicket, Problem } from '../api.ts'
import { showPath } from '../paths.ts'
import { useWords } from '../words.ts'
import { Failure } from './Failure.tsx'
import { TicketCard } from './TicketCard.tsx'

type Printed = { ticket: Ticket; event: EventDetail }
type Props = { event: EventDetail; status: Ticket['status']; others: readonly string[] }

/** What can be done with a ticket. Those bought with it are read when they are to be printed, and only the printer sees them. */
export function TicketWays({ event, status, others }: Props) {
  const { t } = useWords()
  const read = useOtherTickets(others)
  const [printed, setPrinted] = useState<readonly Printed[] | null>(null)
  const [failure, setFailure] = useState<unknown>(null)
  useEffect(() => {
    // Here the cards stand on the page.
    if (printed) window.print()
  }, [printed])
  async function print(): Promise<void> {
    setFailure(null)
    try {
      setPrinted(await read())
    } catch (reason) {
      setFailure(reason)
    }
  }
  return (
    <>
      <div className="printed stack">
        {printed?.map(({ ticket, event }) => (
          <TicketCard key={ticket.ticketId} ticket={ticket} event={event} />
        ))}
      </div>
      <section className="panel stack noprint">
        <h2 className="h">{t('ticket.youCan')}</h2>
        {failure !== null && <Failure failure={failure} what={t('ticket.failed')} again={() => void print()} />}
        <div className="row">
          <button type="button" className="btn small" onClick={() => void print()}>
            <Printer className="icon" aria-hidden="true" />
            {t('ticket.print', { count: others.length + 1 })}
          </button>
          <Link className="btn small" {...showPath(event.eventId)}>
            {t('ticket.more')}
          </Link>
        </div>
        <p className="small soft">{t(status === 'PAID' ? 'ticket.keep' : 'ticket.gone')}</p>
      </section>
    </>
  )
}

function useOtherTickets(ids: readonly string[]): () => Promise<Printed[]> {
  const queries = useQueryClient()
  const one = async (ticketId: string): Promise<Printed[]> => {
    try {
      const ticket = await queries.fetchQuery({ queryKey: ['ticket', ticketId], queryFn: () => getTicket(ticketId) })
      const { eventId } = ticket
      return [{ ticket, event: await queries.fetchQuery({ queryKey: ['event', eventId], queryFn: () => getEvent(eventId) }) }]
    } catch (failure) {
      // Somebody changed the address: what is no ticket is not printed.
      if (failure instanceof Problem && failure.status === 404) return []
      throw failure
    }
  }
  return async () => (await Promise.all(ids.map(one))).flat()
}
