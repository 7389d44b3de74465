import { say } from './Status.tsx'

type Props = { labelledBy: string; value: number; most: number; fewer: string; more: string; onChange: (value: number) => void }

export function Stepper({ labelledBy, value, most, fewer, more, onChange }: Props) {
  const step = (by: number) => {
    const next = Math.min(most, Math.max(1, value + by))
    onChange(next)
    say(String(next))
  }
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset cannot be laid out as a grid in every browser.
    <div className="stepper" role="group" aria-labelledby={labelledBy}>
      <button type="button" aria-label={fewer} aria-disabled={value <= 1} onClick={() => step(-1)}>
        −
      </button>
      {/* Not <output>, which is a live region of its own; the page has one. */}
      <span className="value">{value}</span>
      <button type="button" aria-label={more} aria-disabled={value >= most} onClick={() => step(1)}>
        +
      </button>
    </div>
  )
}
