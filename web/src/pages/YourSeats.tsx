import type { EventDetail, EventZone } from '@onsale/contract/events'
import type { Wish } from '@onsale/contract/wish'
import { Link } from '@tanstack/react-router'
import { X } from 'lucide-react'
import { ticketPath } from '../paths.ts'
import type { Pick } from '../picks.ts'
import { seatText } from '../refusals.ts'
import { seatName } from '../seats.ts'
import { Notice } from '../ui/Notice.tsx'
import { say } from '../ui/Status.tsx'
import { useWords } from '../words.ts'
import { Refused } from './Refused.tsx'
import { SaleCountdown, useOpensIn } from './SaleCountdown.tsx'
import { type ShowProps, zoneName } from './show-props.ts'

const button = 'your-seats'
export const yourSeatsId = 'picks'

/** What I picked in all zones of the event, and the button that makes it mine. */
export function YourSeats(props: ShowProps) {
  const { event, basket } = props
  const { t } = useWords()
  const chosen = chosenSeats(event, basket.picks)
  return (
    <section className="panel stack" aria-labelledby={yourSeatsId}>
      <h2 className="h" id={yourSeatsId} tabIndex={-1}>
        {t('picks.title')}
      </h2>
      {basket.refused?.button !== button && <LostNotice event={event} lost={basket.lost} />}
      <BoughtNotice {...props} />
      {basket.refused?.button === button && <Refused {...props} refused={basket.refused} />}
      {chosen.length === 0 ? <p className="soft">{t('picks.none')}</p> : <ChosenList {...props} chosen={chosen} />}
    </section>
  )
}

type Chosen = { zone: EventZone; pick: Pick; row: string; column: number }

function chosenSeats(event: EventDetail, picks: readonly Pick[]): Chosen[] {
  return event.zones.flatMap((zone) =>
    picks
      .filter((pick) => pick.zoneId === zone.zoneId)
      .sort((one, other) => one.seat - other.seat)
      .map((pick) => ({ zone, pick, ...seatName(pick.seat, zone.seatsPerRow) })),
  )
}

function ChosenList(props: ShowProps & { chosen: readonly Chosen[] }) {
  const { event, basket, now, chosen } = props
  const { t, money } = useWords()
  const total = money(
    chosen.reduce((sum, { zone }) => sum + zone.price, 0),
    event.currency,
  )
  const opensIn = useOpensIn(event, now)
  const canTake = opensIn === null && !basket.isTaking
  return (
    <>
      <ul className="lines">
        {chosen.map((seat) => (
          <ChosenSeat key={`${seat.zone.zoneId} ${seat.pick.seat}`} {...props} seat={seat} />
        ))}
        <li className="total">
          <span>{t('picks.total')}</span>
          <span>{total}</span>
        </li>
      </ul>
      <button
        type="button"
        className="btn go wide"
        aria-disabled={!canTake}
        onClick={() => canTake && void basket.take(button, wishesFor(event, chosen))}
      >
        {basket.isTaking ? t('picks.taking') : (opensIn ?? t('picks.take', { count: chosen.length, total }))}
      </button>
      {opensIn === null ? <Hint seconds={basket.waiting} /> : <SaleCountdown event={event} />}
    </>
  )
}

function Hint({ seconds }: { seconds: number | null }) {
  const { t } = useWords()
  return <p className="small soft">{seconds === null ? t('picks.hint') : t('failure.waiting', { count: seconds })}</p>
}

function ChosenSeat({ event, basket, seat: { zone, pick, row, column } }: ShowProps & { seat: Chosen }) {
  const words = useWords()
  const { t, money } = words
  const name = t('picks.seat', { zone: zoneName(zone, words), row, column: String(column) })
  const letGo = () => {
    basket.store.remove([pick])
    say(t('seat.letGo', { row, seat: column, count: basket.store.get().length }))
    document.getElementById(yourSeatsId)?.focus()
  }
  return (
    <li>
      <strong>{name}</strong>
      <span className="amount">
        {money(zone.price, event.currency)}
        <button type="button" className="x" aria-label={t('picks.letGo', { seat: name })} onClick={letGo}>
          <X className="icon" aria-hidden="true" />
        </button>
      </span>
    </li>
  )
}

/** The server takes the seats of one zone at a time. */
function wishesFor({ venueId, eventId }: EventDetail, chosen: readonly Chosen[]): Wish[] {
  const zones = Map.groupBy(chosen, ({ zone }) => zone.zoneId)
  return [...zones].map(([zoneId, seats]) => ({ venueId, eventId, seats: seats.map(({ row, column }) => ({ zoneId, row, column })) }))
}

function LostNotice({ event, lost }: { event: EventDetail; lost: readonly Pick[] }) {
  const words = useWords()
  const last = chosenSeats(event, lost).at(-1)
  if (!last) return null
  return (
    <Notice tone="amber">
      <p>{words.t('picks.lost', { seat: seatText({ row: last.row, column: last.column }, words) })}</p>
    </Notice>
  )
}

/** A press over several zones may be refused half-way: the first part is bought all the same. */
function BoughtNotice({ basket }: ShowProps) {
  const { t } = useWords()
  const ids = basket.bought.map((ticket) => ticket.ticketId)
  if (!ids[0]) return null
  return (
    <Notice
      tone="green"
      icon="done"
      actions={
        <Link className="btn small" {...ticketPath(ids[0], ids)}>
          {t('picks.showBought')}
        </Link>
      }
    >
      <p>{t('picks.bought', { count: ids.length })}</p>
    </Notice>
  )
}
