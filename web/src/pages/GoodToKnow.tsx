import type { EventDetail } from '@onsale/contract/events'
import { useWords } from '../words.ts'

export function GoodToKnow({ event }: { event: EventDetail }) {
  const { t, date, list } = useWords()
  const wheelchair = event.zones.filter((zone) => zone.accessible.length > 0).map((zone) => zone.name ?? String(zone.zoneId))
  return (
    <section className="stack know">
      <h2>{t('event.goodToKnow')}</h2>
      {event.description && <p dir="auto">{event.description}</p>}
      <ul className="soft stack-s">
        {event.doorsOpenAt && <li>{t('event.doorsAt', { time: date(event.doorsOpenAt, event.timeZone, 'time') })}</li>}
        <li>{t('event.most', { count: event.maxPerOrder })}</li>
        {wheelchair.length > 0 && <li>{t('event.wheelchairZones', { zones: list(wheelchair) })}</li>}
        {event.sale === 'instant' && <li>{t('event.codeless')}</li>}
      </ul>
    </section>
  )
}
