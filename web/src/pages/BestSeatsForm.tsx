import type { EventDetail, EventZone } from '@onsale/contract/events'
import type { Wish } from '@onsale/contract/wish'
import { useNavigate } from '@tanstack/react-router'
import { useId, useState } from 'react'
import { type ShowSearch, showPath } from '../paths.ts'
import { useWords } from '../words.ts'
import { HowMany, Wheelchair } from './BestSeatsFields.tsx'
import { Refused } from './Refused.tsx'
import { SaleCountdown, useOpensIn } from './SaleCountdown.tsx'
import { type ShowProps, zoneTitle } from './show-props.ts'

const button = 'best-seats'
const usualCount = 2

type Props = ShowProps & { search: ShowSearch }

/** The best seats that are free, bought by one press. */
export function BestSeatsForm(props: Props) {
  const { event, basket, search, now } = props
  const { t } = useWords()
  const navigate = useNavigate()
  const id = useId()
  const [zoneId, setZoneId] = useState<number | undefined>(undefined)
  const [accessible, setAccessible] = useState(false)
  const count = Math.min(search.n ?? usualCount, event.maxPerOrder)
  const opensIn = useOpensIn(event, now)
  const set = (change: ShowSearch) =>
    void navigate({ ...showPath(event.eventId, { ...search, ...change }), replace: true, resetScroll: false })
  const wish = wishOf(event, { count, max: search.max, tier: search.tier, zoneId, accessible })
  return (
    <form
      className="panel stack"
      aria-labelledby={`${id}title`}
      onSubmit={(submit) => {
        submit.preventDefault()
        if (opensIn === null) void basket.take(button, [wish])
      }}
    >
      <h2 id={`${id}title`} className="h">
        {t('best.title')}
      </h2>
      <HowMany count={count} most={event.maxPerOrder} choose={(n) => set({ n })} />
      <PriceCeiling event={event} max={search.max} choose={(max) => set({ max })} />
      <Where
        event={event}
        search={search}
        zoneId={zoneId}
        choose={(place) => {
          setZoneId(place.zoneId)
          if (place.tier !== search.tier) set({ tier: place.tier })
        }}
      />
      <Wheelchair isThere={event.zones.some((zone) => zone.accessible.length > 0)} checked={accessible} choose={setAccessible} />
      {basket.refused?.button === button && <Refused {...props} refused={basket.refused} />}
      <button type="submit" className="btn go wide" aria-disabled={opensIn !== null || basket.isTaking}>
        {basket.isTaking ? t('best.taking') : (opensIn ?? t('best.take', { count }))}
      </button>
      {opensIn === null ? <p className="small soft">{t('best.takeHint')}</p> : <SaleCountdown event={event} />}
    </form>
  )
}

type Choice = { count: number; max: number | undefined; tier: string | undefined; zoneId: number | undefined; accessible: boolean }

/** The server knows zones and prices, not tiers: a tier is its first zone with room for all. */
function wishOf(event: EventDetail, { count, max, tier, zoneId, accessible }: Choice): Wish {
  const hasRoom = (zone: EventZone) => zone.section === tier && zone.available >= count && (max === undefined || zone.price <= max)
  const inTier = tier === undefined ? undefined : (event.zones.find(hasRoom) ?? event.zones.find((zone) => zone.section === tier))
  const zone = zoneId ?? inTier?.zoneId
  return {
    venueId: event.venueId,
    eventId: event.eventId,
    quantity: count,
    ...(zone !== undefined && { zoneId: zone }),
    ...(max !== undefined && { maxPrice: max }),
    ...(accessible && { accessible }),
  }
}

type CeilingProps = { event: EventDetail; max: number | undefined; choose: (max: number | undefined) => void }

/** Where all seats cost the same there is nothing to choose. */
function PriceCeiling({ event, max, choose }: CeilingProps) {
  const { t, money } = useWords()
  const id = useId()
  const prices = [...new Set([...event.zones.map((zone) => zone.price), ...(max === undefined ? [] : [max])])].sort((a, b) => a - b)
  if (prices.length < 2) return null
  return (
    <div className="field">
      <label htmlFor={id}>{t('best.max')}</label>
      <select
        className="input"
        id={id}
        value={max ?? ''}
        onChange={({ target }) => choose(target.value === '' ? undefined : Number(target.value))}
      >
        <option value="">{t('best.anyPrice')}</option>
        {prices.map((price) => (
          <option key={price} value={price}>
            {t('best.upTo', { price: money(price, event.currency) })}
          </option>
        ))}
      </select>
    </div>
  )
}

type Place = { zoneId?: number | undefined; tier?: string | undefined }
type WhereProps = { event: EventDetail; search: ShowSearch; zoneId: number | undefined; choose: (place: Place) => void }

function Where({ event, search, zoneId, choose }: WhereProps) {
  const words = useWords()
  const { t } = words
  const id = useId()
  const tiers = [...new Set(event.zones.flatMap((zone) => zone.section ?? []))]
  const value = zoneId !== undefined ? `zone ${zoneId}` : search.tier ? `tier ${search.tier}` : ''
  const read = (chosen: string): Place => {
    if (chosen.startsWith('zone ')) return { zoneId: Number(chosen.slice(5)), tier: search.tier }
    return chosen.startsWith('tier ') ? { tier: chosen.slice(5) } : {}
  }
  return (
    <div className="field">
      <label htmlFor={id}>{t('best.where')}</label>
      <select className="input" id={id} value={value} onChange={({ target }) => choose(read(target.value))}>
        <option value="">{t('best.wholeHouse')}</option>
        {tiers.length > 1 &&
          tiers.map((tier) => (
            <option key={tier} value={`tier ${tier}`}>
              {t('best.wholeTier', { tier })}
            </option>
          ))}
        {event.zones
          .filter((zone) => zone.available > 0 && (search.tier === undefined || zone.section === search.tier))
          .map((zone) => (
            <option key={zone.zoneId} value={`zone ${zone.zoneId}`}>
              {zoneTitle(zone, words)}
            </option>
          ))}
      </select>
    </div>
  )
}
