import type { ReactNode } from 'react'

export type FieldRow = { readonly label: string; readonly value: ReactNode }

/** Small label over value, side by side. */
export function Fields({ rows, className = '' }: { rows: readonly FieldRow[]; className?: string }) {
  return (
    <dl className={`fields ${className}`}>
      {rows.map(({ label, value }) => (
        <div key={label}>
          <dt>{label}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  )
}
