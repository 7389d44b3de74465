import type { EventSummary } from '@onsale/contract/events'
import { useNavigate } from '@tanstack/react-router'
import { useEffect, useId, useRef, useState } from 'react'
import { monthDays, monthOf } from '../format.ts'
import { type HomeSearch, homePath } from '../paths.ts'
import { kindName, useWords, type Words } from '../words.ts'

const afterTypingMs = 200

type Props = { search: HomeSearch; events: readonly EventSummary[] }

/** Answers while one types: typing replaces the address, Enter and the lists make a new one to come back from. */
export function HomeSearchForm({ search, events }: Props) {
  const words = useWords()
  const { t } = words
  const navigate = useNavigate()
  const go = (change: HomeSearch, replace: boolean) => navigate({ ...homePath({ ...search, ...change }), replace, resetScroll: false })
  const [text, setText] = useTypedText(search.q ?? '', (q) => void go({ q: q || undefined }, true))
  const id = useId()
  const types = [...new Set(events.map((event) => event.type))].sort()
  return (
    // biome-ignore lint/a11y/useSemanticElements: <search> has no submit; a form with the role does.
    <form
      className="find"
      role="search"
      onSubmit={(event) => {
        event.preventDefault()
        void go({ q: text || undefined }, false)
      }}
    >
      <div className="field">
        <label htmlFor={`${id}q`}>{t('home.lookFor')}</label>
        <input
          className="input"
          id={`${id}q`}
          type="search"
          maxLength={200}
          placeholder={t('home.hint')}
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
      </div>
      <Choice
        label={t('home.when')}
        value={search.from || search.to ? `${search.from ?? ''}/${search.to ?? ''}` : ''}
        options={[['', t('home.anyDate')], ...dateOptions(search, events, words)]}
        choose={(value) => void go(datesOf(value), false)}
      />
      <Choice
        label={t('home.kind')}
        value={search.type ?? ''}
        options={[['', t('home.allKinds')], ...withChosen(types, search.type).map((type): Option => [type, kindName(type, words)])]}
        choose={(type) => void go({ type: type || undefined }, false)}
      />
      {search.venueId && (
        <Choice
          label={t('home.where')}
          value={search.venueId}
          options={[['', t('home.allVenues')], ...venueOptions(events, search.venueId)]}
          choose={(venueId) => void go({ venueId: venueId || undefined }, false)}
        />
      )}
    </form>
  )
}

type Option = readonly [value: string, label: string]
type ChoiceProps = { label: string; value: string; options: readonly Option[]; choose: (value: string) => void }

function Choice({ label, value, options, choose }: ChoiceProps) {
  const id = useId()
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <select className="input" id={id} value={value} onChange={(event) => choose(event.target.value)}>
        {options.map(([value, label]) => (
          <option key={value} value={value}>
            {label}
          </option>
        ))}
      </select>
    </div>
  )
}

/** The text in the field, told on once typing rests; a search that changes elsewhere (back, "clear") changes the field. */
function useTypedText(outside: string, tell: (text: string) => void): [string, (text: string) => void] {
  const [text, setText] = useState(outside)
  const told = useRef(outside)
  const latest = useRef(tell)
  latest.current = tell
  useEffect(() => {
    if (outside === told.current) return
    told.current = outside
    setText(outside)
  }, [outside])
  useEffect(() => {
    if (text === told.current) return
    const timer = setTimeout(() => {
      told.current = text
      latest.current(text)
    }, afterTypingMs)
    return () => clearTimeout(timer)
  }, [text])
  return [text, setText]
}

/** The months in which something happens, and the days of the address when they are no such month. */
function dateOptions(search: HomeSearch, events: readonly EventSummary[], words: Words): Option[] {
  const firsts = new Map(events.map((event) => [monthOf(event.startsAt, event.timeZone), event]).reverse() as [string, EventSummary][])
  const months = [...firsts].reverse().map(([month, event]): Option => {
    const { from, to } = monthDays(month)
    return [`${from}/${to}`, words.date(event.startsAt, event.timeZone, 'monthYear')]
  })
  const chosen = `${search.from ?? ''}/${search.to ?? ''}`
  const isKnown = chosen === '/' || months.some(([value]) => value === chosen)
  return isKnown ? months : [...months, [chosen, daysText(search, words)]]
}

function daysText({ from, to }: HomeSearch, { t, date }: Words): string {
  const day = (value: string, daysOff: number) =>
    date(new Date(Date.parse(`${value}T12:00:00Z`) - daysOff * 86_400_000).toISOString(), 'UTC', 'short')
  if (from && to) return t('home.chosenDates', { from: day(from, 0), to: day(to, 1) })
  return from ? t('home.fromDate', { from: day(from, 0) }) : t('home.untilDate', { to: to ? day(to, 1) : '' })
}

function datesOf(value: string): HomeSearch {
  const [from, to] = value.split('/')
  return { from: from || undefined, to: to || undefined }
}

function withChosen(values: readonly string[], chosen: string | undefined): readonly string[] {
  return chosen && !values.includes(chosen) ? [...values, chosen] : values
}

function venueOptions(events: readonly EventSummary[], chosen: string): Option[] {
  const names = new Map(events.map((event) => [event.venueId, event.venue]))
  if (!names.has(chosen)) names.set(chosen, chosen)
  return [...names]
}
