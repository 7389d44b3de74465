import type { EventDetail, EventZone } from '@onsale/contract/events'
import { Link } from '@tanstack/react-router'
import { type ShowSearch, showPath } from '../paths.ts'
import { Notice } from '../ui/Notice.tsx'
import { useWords } from '../words.ts'
import { zoneName, zoneTitle } from './show-props.ts'

type Props = { event: EventDetail; zone: EventZone; search: ShowSearch }

/** In the place of the search for seats that are not there: what happened, and the ways on. */
export function FullZone({ event, zone, search }: Props) {
  const words = useWords()
  const { t } = words
  const at = event.zones.indexOf(zone)
  const free = (other: EventZone) => other.available > 0
  const next = event.zones.slice(at).find(free) ?? event.zones.slice(0, at).findLast(free)
  return (
    <Notice
      icon="none"
      tone="amber"
      actions={
        <>
          <Link className="btn small" {...showPath(event.eventId, { ...search, zone: undefined, view: undefined })}>
            {t('zone.wholeHouse')}
          </Link>
          {next && (
            <Link className="btn small" {...showPath(event.eventId, { ...search, zone: next.zoneId })}>
              {t('event.seeSeatsOf', { zone: zoneTitle(next, words) })}
            </Link>
          )}
        </>
      }
    >
      <p>
        <strong>{t('refusal.zone-full', { zone: zoneName(zone, words) })}</strong>
      </p>
      <p>{t(zone.held > 0 ? 'sale.soldOutHeld' : 'sale.soldOut')}</p>
    </Notice>
  )
}
