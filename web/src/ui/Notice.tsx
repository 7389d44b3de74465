import { CircleAlert, CircleCheck, CircleSlash, Info, type LucideIcon, WifiOff } from 'lucide-react'
import type { ReactNode } from 'react'

export type Tone = 'carbon' | 'red' | 'amber' | 'green'
const icons = { info: Info, alert: CircleAlert, done: CircleCheck, none: CircleSlash, offline: WifiOff } satisfies Record<
  string,
  LucideIcon
>

type Props = { tone?: Tone; icon?: keyof typeof icons; children: ReactNode; actions?: ReactNode }

export function Notice({ tone = 'carbon', icon = 'info', children, actions }: Props) {
  const Icon = icons[icon]
  return (
    <div className={`notice ${tone}`}>
      <Icon className="icon" aria-hidden="true" />
      <div>{children}</div>
      {actions && <div className="row">{actions}</div>}
    </div>
  )
}
