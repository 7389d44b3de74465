import type { EventDetail } from '@onsale/contract/events'
import { countdown } from '../sale.ts'
import { useWords } from '../words.ts'

/** "On sale in 3 d 4 h" as long as the sale has not begun, else null. */
export function useOpensIn(event: EventDetail, now: number): string | null {
  const { t } = useWords()
  const left = event.saleStartsAt ? Date.parse(event.saleStartsAt) - now : 0
  if (left <= 0) return null
  const parts = countdown(left)
  const key = parts.days > 0 ? 'sale.dh' : parts.hours > 0 ? 'sale.hm' : parts.minutes > 0 ? 'sale.ms' : 'sale.s'
  return t('sale.opensIn', { time: t(key, parts) })
}

export function SaleCountdown({ event }: { event: EventDetail }) {
  const { t, date } = useWords()
  if (!event.saleStartsAt) return null
  return <p className="small soft">{t('sale.opensAt', { when: date(event.saleStartsAt, event.timeZone, 'full') })}</p>
}
