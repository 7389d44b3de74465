import { useSyncExternalStore } from 'react'

/** One sentence a cause, at most one in two seconds, the last wins: a screen reader would else read what is long past. */
const betweenMs = 2_000
const listeners = new Set<() => void>()
let spoken = ''
let next: string | null = null
let waiting: ReturnType<typeof setTimeout> | undefined

export function say(sentence: string): void {
  next = sentence
  if (waiting === undefined) speak()
}

function speak(): void {
  waiting = undefined
  if (next === null) return
  spoken = next
  next = null
  waiting = setTimeout(speak, betweenMs)
  for (const listener of listeners) listener()
}

const subscribe = (listener: () => void) => {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/** The one live region of the app. */
export function Status() {
  const sentence = useSyncExternalStore(subscribe, () => spoken)
  return (
    <div className="sr" role="status">
      {sentence}
    </div>
  )
}
