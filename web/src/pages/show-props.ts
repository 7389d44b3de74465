import type { EventDetail, EventZone } from '@onsale/contract/events'
import type { LiveEvent } from '../live.ts'
import type { Connection } from '../live-stream.ts'
import type { SaleState } from '../sale.ts'
import type { Words } from '../words.ts'
import type { Basket } from './use-basket.ts'

/** What every part of an event's page works with. */
export type ShowProps = { event: EventDetail; live: LiveEvent; connection: Connection; basket: Basket; now: number; state: SaleState }

type Named = Pick<EventZone, 'zoneId' | 'name' | 'section'>

/** "Zone 12", or the name that the organiser gave. */
export function zoneName({ zoneId, name }: Omit<Named, 'section'>, { t }: Words): string {
  return name ?? t('event.zonePlain', { zone: zoneId })
}

/** "Zone 12, Lower" */
export function zoneTitle(zone: Named, words: Words): string {
  return zone.section ? words.t('event.zoneWithTier', { zone: zoneName(zone, words), tier: zone.section }) : zoneName(zone, words)
}

export const placesOf = ({ available, held, sold }: { available: number; held: number; sold: number }) => available + held + sold
