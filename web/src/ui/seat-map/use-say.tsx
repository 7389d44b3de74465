import { type ReactNode, useEffect, useRef, useState } from 'react'

const PAUSE_MS = 2000

/** One polite region, at most one sentence in 2 s, the last wins. A page with a live region of its own passes it as `onSay`. */
export function useSay(onSay: ((sentence: string) => void) | undefined): [say: (sentence: string) => void, region: ReactNode] {
  const [said, setSaid] = useState('')
  const last = useRef(Number.NEGATIVE_INFINITY)
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  useEffect(() => () => clearTimeout(timer.current), [])
  const say = (sentence: string) => {
    clearTimeout(timer.current)
    const speak = () => {
      last.current = performance.now()
      setSaid(sentence)
    }
    const wait = last.current + PAUSE_MS - performance.now()
    if (wait <= 0) speak()
    else timer.current = setTimeout(speak, wait)
  }
  if (onSay) return [onSay, null]
  return [
    say,
    <p key="say" className="sr" role="status" dir="auto">
      {said}
    </p>,
  ]
}
