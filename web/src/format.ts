/** Money and time in the words of a locale. Times are the venue's own, whatever clock the reader has. */

export type Format = ReturnType<typeof formatOf>

export function formatOf(locale: string) {
  const dates = memo((zoneAndStyle) => {
    const [timeZone, style] = zoneAndStyle.split('|') as [string, keyof typeof styles]
    return new Intl.DateTimeFormat(locale, { ...styles[style], timeZone })
  })
  const currencies = memo((currency) => new Intl.NumberFormat(locale, { style: 'currency', currency }))
  const numbers = new Intl.NumberFormat(locale)
  return {
    number: (value: number) => numbers.format(value),
    /** From minor units, by the currency's own number of digits: the đồng has none. */
    money: (minor: number, currency: string) => {
      const format = currencies(currency)
      return format.format(minor / 10 ** (format.resolvedOptions().maximumFractionDigits ?? 2))
    },
    date: (time: string, timeZone: string, style: keyof typeof styles) => dates(`${timeZone}|${style}`)?.format(new Date(time)),
    list: (words: readonly string[]) => new Intl.ListFormat(locale).format(words),
    timeZone: (timeZone: string, at: string) =>
      dates(`${timeZone}|zone`)
        .formatToParts(new Date(at))
        .find((part) => part.type === 'timeZoneName')?.value ?? timeZone,
  }
}

const styles = {
  weekday: { weekday: 'short' },
  day: { day: 'numeric' },
  month: { month: 'short' },
  monthYear: { month: 'long', year: 'numeric' },
  time: { hour: 'numeric', minute: '2-digit' },
  short: { month: 'short', day: 'numeric' },
  shortTime: { month: 'short', day: 'numeric', hour: 'numeric', minute: '2-digit' },
  medium: { weekday: 'short', month: 'short', day: 'numeric', hour: 'numeric', minute: '2-digit' },
  full: { weekday: 'short', year: 'numeric', month: 'short', day: 'numeric', hour: 'numeric', minute: '2-digit' },
  long: { weekday: 'long', year: 'numeric', month: 'long', day: 'numeric', hour: 'numeric', minute: '2-digit' },
  zone: { timeZoneName: 'longGeneric' },
} as const satisfies Record<string, Intl.DateTimeFormatOptions>

/** Intl objects are slow to make and the same for a whole list. */
function memo<T>(make: (key: string) => T): (key: string) => T {
  const made = new Map<string, T>()
  return (key) => {
    const known = made.get(key) ?? make(key)
    made.set(key, known)
    return known
  }
}

/** `2027-03` in the venue's own time. */
export function monthOf(time: string, timeZone: string): string {
  return dayOf(new Date(time), timeZone).slice(0, 7)
}

function dayOf(date: Date, timeZone: string): string {
  // The Swedish way to write a date is ISO 8601.
  return new Intl.DateTimeFormat('sv-SE', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' }).format(date)
}

/** The instant at which a day of the venue begins. */
export function startOfDay(day: string, timeZone: string): string {
  const utc = Date.parse(`${day}T00:00:00Z`)
  const there = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'medium' }).format(utc)
  const offset = Date.parse(`${there.replace(' ', 'T')}Z`) - utc
  return new Date(utc - offset).toISOString()
}

/** The first day of a month and of the one after it. */
export function monthDays(month: string): { from: string; to: string } {
  const [year = 0, number = 1] = month.split('-').map(Number)
  return { from: `${month}-01`, to: new Date(Date.UTC(year, number, 1)).toISOString().slice(0, 10) }
}
