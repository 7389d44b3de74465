import type { EventDetail, EventZone } from '@onsale/contract/events'
import type { Words } from '../words.ts'
import { zoneTitle } from './show-props.ts'

export function zoneTip(event: EventDetail, zone: EventZone, words: Words): { title: string; detail: string } {
  const price = words.money(zone.price, event.currency)
  const detail = zone.available === 0 ? words.t('event.soldOut') : words.t('event.zoneFree', { free: words.number(zone.available), price })
  return { title: zoneTitle(zone, words), detail }
}
