import type { EventZone } from '@onsale/contract/events'
import { useNavigate } from '@tanstack/react-router'
import { useId, useState } from 'react'
import { type ShowSearch, showPath } from '../paths.ts'
import { seatText } from '../refusals.ts'
import { findTogether, seatName, seatSet } from '../seats.ts'
import { Notice } from '../ui/Notice.tsx'
import { say } from '../ui/Status.tsx'
import { useWords } from '../words.ts'
import { HowMany, Wheelchair } from './BestSeatsFields.tsx'
import { yourSeatsId } from './YourSeats.tsx'
import type { ZoneProps } from './ZoneView.tsx'

const usualCount = 2

/** Looks for seats side by side in what the map shows, and picks them: nothing is asked of the server, nothing is bought. */
export function FindForm({ event, zone, live, basket, search }: ZoneProps & { search: ShowSearch }) {
  const words = useWords()
  const { t } = words
  const navigate = useNavigate()
  const id = useId()
  const [accessible, setAccessible] = useState(false)
  const [isMissed, setMissed] = useState(false)
  const elsewhere = basket.picks.filter((pick) => pick.zoneId !== zone.zoneId).length
  const most = Math.max(1, event.maxPerOrder - elsewhere)
  const count = Math.min(search.n ?? usualCount, most)

  function find(): void {
    const run = findTogether(live.zone(zone).seats, zone.seatsPerRow, count, fitting(zone, accessible))
    setMissed(run === null)
    if (!run) {
      say(t('best.notTogether', { count }))
      return
    }
    basket.store.remove(basket.picks.filter((pick) => pick.zoneId === zone.zoneId))
    basket.store.add(run.map((seat) => ({ zoneId: zone.zoneId, seat })))
    const seats = words.list(run.map((seat) => seatText(seatName(seat, zone.seatsPerRow), words)))
    say(t('best.found', { seats }))
    document.getElementById(yourSeatsId)?.focus()
  }

  return (
    <form
      className="panel stack"
      aria-labelledby={`${id}title`}
      onSubmit={(submit) => {
        submit.preventDefault()
        find()
      }}
    >
      <h2 id={`${id}title`} className="h">
        {t('best.title')}
      </h2>
      <HowMany
        count={count}
        most={most}
        choose={(n) => void navigate({ ...showPath(event.eventId, { ...search, n }), replace: true, resetScroll: false })}
      />
      <Wheelchair isThere={zone.accessible.length > 0} checked={accessible} choose={setAccessible} />
      {isMissed && (
        <Notice tone="amber">
          <p>{t('best.notTogether', { count })}</p>
        </Notice>
      )}
      <button type="submit" className="btn wide">
        {t('best.find', { count })}
      </button>
      <p className="small soft">{t('best.findHint')}</p>
    </form>
  )
}

/** Wheelchair places and their companions are left to who asks for them. */
function fitting(zone: EventZone, accessible: boolean): (run: readonly number[]) => boolean {
  const wheelchair = seatSet(zone.accessible, zone.seatsPerRow)
  const companion = seatSet(zone.companion, zone.seatsPerRow)
  if (accessible) return (run) => run.some((seat) => wheelchair.has(seat))
  return (run) => run.every((seat) => !wheelchair.has(seat) && !companion.has(seat))
}
