import type { EventDetail, EventZone } from '@onsale/contract/events'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { type ShowSearch, showPath } from '../paths.ts'
import { Meter } from '../ui/Meter.tsx'
import { useWords } from '../words.ts'
import { placesOf, zoneTitle } from './show-props.ts'

const shownBesideThePlan = 8

type Props = { event: EventDetail; search: ShowSearch; point: (zoneId: number | null) => void }
/** `isWhole`: it stands alone, in the place of the plan. `choice`: the way back to the plan. The children stand below it. */
type ListProps = Props & { isWhole: boolean; choice: ReactNode; children: ReactNode }

/** The plan's equal for keyboard and screen reader. Beside the plan it shows the first zones with free seats, as a list all of them. */
export function ZoneList({ event, search, point, isWhole, choice, children }: ListProps) {
  const { t } = useWords()
  const chosen = event.zones.filter((zone) => isChosen(zone, search))
  const isAll = isWhole || chosen.length <= shownBesideThePlan
  const shown = isAll ? chosen : chosen.filter((zone) => zone.available > 0).slice(0, shownBesideThePlan)
  return (
    <section className="panel flush">
      <div className="pad stack">
        <div className="row between">
          <h2 className="h">{t(isWhole ? 'event.choose' : 'event.zones')}</h2>
          {choice}
        </div>
        <Tiers event={event} search={search} />
      </div>
      <ZoneTable event={event} search={search} zones={shown} point={point} />
      {children && <div className="pad">{children}</div>}
      {!isAll && (
        <div className="pad">
          <Link {...showPath(event.eventId, { ...search, view: 'list' })} resetScroll={false}>
            {t('event.showAll', { count: chosen.length })}
          </Link>
        </div>
      )}
    </section>
  )
}

function isChosen(zone: EventZone, { tier, max }: ShowSearch): boolean {
  return (tier === undefined || zone.section === tier) && (max === undefined || zone.price <= max)
}

/** Tiers in the organiser's order, each with its lowest price and what is free in it. */
function Tiers({ event, search }: Pick<Props, 'event' | 'search'>) {
  const { t, money, number } = useWords()
  const tiers = [...Map.groupBy(event.zones, (zone) => zone.section)].flatMap(([tier, zones]) => (tier ? [{ tier, zones }] : []))
  if (tiers.length < 2) return null
  const pressed = (tier: string | undefined) => (search.tier === tier ? ('true' as const) : undefined)
  const to = (tier: string | undefined) => ({
    ...showPath(event.eventId, { ...search, tier }),
    replace: true,
    resetScroll: false,
    activeOptions: { exact: true },
  })
  return (
    // biome-ignore lint/a11y/useSemanticElements: links are no set of fields.
    <div className="row tiers" role="group" aria-label={t('event.tiers')}>
      <Link className="btn small" aria-current={pressed(undefined)} {...to(undefined)}>
        {t('event.allTiers')}
      </Link>
      {tiers.map(({ tier, zones }) => (
        <Link key={tier} className="btn small" aria-current={pressed(tier)} {...to(tier)}>
          {t('event.tierPrice', { tier, price: money(Math.min(...zones.map((zone) => zone.price)), event.currency) })}
          <span className="soft num">{number(zones.reduce((sum, zone) => sum + zone.available, 0))}</span>
        </Link>
      ))}
    </div>
  )
}

function ZoneTable({ event, search, zones, point }: Props & { zones: readonly EventZone[] }) {
  const { t } = useWords()
  const hasTiers = event.zones.some((zone) => zone.section)
  return (
    <table className="table">
      <thead>
        <tr>
          <th scope="col">{t('event.zone')}</th>
          {hasTiers && (
            <th scope="col" className="tier">
              {t('event.tier')}
            </th>
          )}
          <th scope="col" className="end">
            {t('event.price')}
          </th>
          <th scope="col">{t('event.free')}</th>
          <th scope="col">
            <span className="sr">{t('event.open')}</span>
          </th>
        </tr>
      </thead>
      <tbody onMouseLeave={() => point(null)} onBlur={() => point(null)}>
        {zones.map((zone) => (
          <ZoneRow key={zone.zoneId} event={event} search={search} zone={zone} hasTiers={hasTiers} point={point} />
        ))}
      </tbody>
    </table>
  )
}

function ZoneRow({ event, search, zone, hasTiers, point }: Props & { zone: EventZone; hasTiers: boolean }) {
  const words = useWords()
  const { t, money, number } = words
  return (
    <tr onMouseEnter={() => point(zone.zoneId)} onFocus={() => point(zone.zoneId)}>
      <th scope="row" className="strong">
        <bdi>{zone.name ?? zone.zoneId}</bdi>
      </th>
      {hasTiers && <td className="tier">{zone.section}</td>}
      <td className="end">{money(zone.price, event.currency)}</td>
      <td>
        <div className="row free">
          <Meter free={zone.available} places={placesOf(zone)} />
          <span>{zone.available === 0 ? t('event.soldOut') : number(zone.available)}</span>
        </div>
      </td>
      <td className="end">
        {zone.available > 0 && (
          <Link
            {...showPath(event.eventId, { ...search, zone: zone.zoneId, view: undefined })}
            aria-label={t('event.seeSeatsOf', { zone: zoneTitle(zone, words) })}
          >
            {t('event.seeSeats')}
          </Link>
        )}
      </td>
    </tr>
  )
}
