import { RefreshCw, TriangleAlert, WifiOff } from 'lucide-react'
import type { Connection } from '../live-stream.ts'
import { useWords } from '../words.ts'

const icons = { live: RefreshCw, reconnecting: RefreshCw, slow: TriangleAlert, offline: WifiOff }

/** How true what is shown is. */
export function LiveChip({ connection }: { connection: Connection }) {
  const { t } = useWords()
  const Icon = icons[connection]
  return (
    <span className={connection === 'live' ? 'small soft live' : 'chip amber live'}>
      <Icon className="icon" aria-hidden="true" />
      {t(`live.${connection}`)}
    </span>
  )
}
