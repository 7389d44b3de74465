import { Link } from '@tanstack/react-router'
import type { LucideIcon } from 'lucide-react'
import { type ShowSearch, showPath } from '../paths.ts'

type Way = { isOn: boolean; icon: LucideIcon; word: string; search: ShowSearch }

/** The same as a picture or as a list; a link, so that the address says which. */
export function ViewChoice({ label, eventId, ways }: { label: string; eventId: string; ways: readonly Way[] }) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: two links are no set of fields.
    <div className="segments" role="group" aria-label={label}>
      {ways.map(({ isOn, icon: Icon, word, search }) => (
        <Link
          key={word}
          {...showPath(eventId, search)}
          replace
          resetScroll={false}
          activeOptions={{ exact: true }}
          aria-current={isOn ? 'page' : undefined}
        >
          <Icon className="icon" aria-hidden="true" />
          {word}
        </Link>
      ))}
    </div>
  )
}
