import type { EventDetail } from '@onsale/contract/events'
import type { SaleState } from '../sale.ts'
import { Notice } from '../ui/Notice.tsx'
import { useWords } from '../words.ts'

/** One notice in the place of what cannot be pressed. */
export function SaleNotice({ event, state }: { event: EventDetail; state: SaleState }) {
  const { t, date } = useWords()
  if (state === 'ended') {
    const when = date(event.saleEndsAt ?? event.startsAt, event.timeZone, 'full')
    return <Told title={t('sale.endedTitle')} text={t('sale.ended', { when })} />
  }
  if (state === 'sold-out') return <Told title={t('sale.soldOutTitle')} text={t(event.held > 0 ? 'sale.soldOutHeld' : 'sale.soldOut')} />
  if (state === 'elsewhere') return <Told title={t('sale.elsewhereTitle')} text={t('sale.elsewhere')} />
  return null
}

function Told({ title, text }: { title: string; text: string }) {
  return (
    <Notice icon="none" tone="amber">
      <p>
        <strong>{title}</strong>
      </p>
      <p>{text}</p>
    </Notice>
  )
}
