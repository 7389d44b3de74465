import { useWords } from '../words.ts'

/** The torn-off end of a ticket: the day of the event, as the venue counts it. */
export function DateStub({ time, timeZone }: { time: string; timeZone: string }) {
  const { date } = useWords()
  return (
    <>
      <span className="wd">{date(time, timeZone, 'weekday')} </span>
      <span className="day narrow">{date(time, timeZone, 'day')} </span>
      <span className="mo">{date(time, timeZone, 'month')}</span>
    </>
  )
}
