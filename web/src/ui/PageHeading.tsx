import { type ReactNode, useEffect, useRef } from 'react'
import { useWords } from '../words.ts'

let isDue = false

/** After a navigation the next heading takes the focus, whenever its page has loaded. */
export function focusNextHeading(): void {
  isDue = true
}

type Props = { title: string; children?: ReactNode; className?: string | undefined }

/** The one h1 of a page; it also names the window. */
export function PageHeading({ title, children = title, className }: Props) {
  const heading = useRef<HTMLHeadingElement>(null)
  const { t } = useWords()
  useEffect(() => {
    document.title = t('site.title', { what: title, interpolation: { escapeValue: false } })
  }, [t, title])
  useEffect(() => {
    if (!isDue) return
    isDue = false
    heading.current?.focus()
  }, [])
  return (
    <h1 ref={heading} tabIndex={-1} className={className}>
      {children}
    </h1>
  )
}
