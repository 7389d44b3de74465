/** A moment of the import form: ISO 8601, or so many days from the import at a time of the venue, so that samples never grow old. */
import type { EventFile } from '@onsale/contract/import-files'

/** ISO 8601 in UTC. */
export function momentAt(moment: EventFile['startsAt'], timeZone: string, now: number): string {
  if (typeof moment === 'string') return new Date(moment).toISOString()
  const day = new Date(now + moment.inDays * 86_400_000)
  const [year, month, date] = new Intl.DateTimeFormat('en-CA', { timeZone, dateStyle: 'short' }).format(day).split('-').map(Number) as [
    number,
    number,
    number,
  ]
  const [hours, minutes] = moment.at.split(':').map(Number) as [number, number]
  const asIfUtc = Date.UTC(year, month - 1, date, hours, minutes)
  // The offset at the moment itself, found in two steps because it depends on the moment.
  const first = asIfUtc - offsetMs(asIfUtc, timeZone)
  return new Date(asIfUtc - offsetMs(first, timeZone)).toISOString()
}

function offsetMs(at: number, timeZone: string): number {
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  }).formatToParts(at)
  const part = (type: string) => Number(parts.find((p) => p.type === type)?.value)
  return Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second')) - Math.floor(at / 1000) * 1000
}
