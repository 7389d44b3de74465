// The key to the seats: the same seven looks as on the map, each with its word.
import type { ReactNode } from 'react'
import type { LegendWords } from './seat-words.ts'

type SeatLegendProps = {
  readonly words: LegendWords
  /** Wheelchair and companion are told only where the zone has such places. */
  readonly hasAccessible?: boolean
  readonly hasCompanion?: boolean
  /** Just lost lasts 8 s; told while there is one. */
  readonly hasLost?: boolean
}

const free = { fill: 'var(--seat-free-fill)', stroke: 'var(--seat-free-line)', strokeWidth: 1.7 }
const line = { fill: 'none', stroke: 'var(--seat-free-line)', strokeWidth: 1.7, strokeLinecap: 'round' } as const
const held = { fill: 'var(--seat-held-fill)', stroke: 'var(--seat-held-line)', strokeWidth: 1.7 }
const lost = { fill: 'var(--red-tint)', stroke: 'var(--seat-lost-line)', strokeWidth: 2 }
const box = { x: 2.5, y: 2.5, width: 15, height: 15, rx: 3.5 }

export function SeatLegend({ words, hasAccessible = true, hasCompanion = true, hasLost = false }: SeatLegendProps): React.JSX.Element {
  return (
    <ul className="legend" aria-label={words.title}>
      <Look word={words.free}>
        <rect {...box} {...free} />
      </Look>
      <Look word={words.mine}>
        <rect x="1.5" y="1.5" width="17" height="17" rx="3.5" fill="var(--seat-mine-fill)" />
        <path d="M5.5 10.5l3 3 6-7" fill="none" stroke="var(--seat-mine-mark)" strokeWidth="2.2" />
      </Look>
      <Look word={words.held}>
        <rect {...box} {...held} />
        <path d="M5 15L15 5" {...held} />
      </Look>
      <Look word={words.sold}>
        <rect x="6.5" y="6.5" width="7" height="7" fill="var(--seat-sold-fill)" />
      </Look>
      {hasLost && (
        <Look word={words.lost}>
          <rect {...box} {...lost} />
          <path d="M6.5 6.5l7 7M13.5 6.5l-7 7" {...lost} />
        </Look>
      )}
      {hasAccessible && (
        <Look word={words.accessible}>
          <circle cx="10" cy="10" r="7.8" {...free} />
          <path d="M9.4 8.2v4h3l1.5 2.8M9.4 5.5v.1" {...line} />
        </Look>
      )}
      {hasCompanion && (
        <Look word={words.companion}>
          <rect {...box} {...free} />
          <path d="M10 6v8M6 10h8" {...line} />
        </Look>
      )}
    </ul>
  )
}

function Look({ word, children }: { readonly word: string; readonly children: ReactNode }): React.JSX.Element {
  return (
    <li>
      <svg viewBox="0 0 20 20" aria-hidden="true">
        {children}
      </svg>
      {word}
    </li>
  )
}
