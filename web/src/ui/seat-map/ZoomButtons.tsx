import { Maximize, Minus, Plus } from 'lucide-react'
import type { SeatWords } from './seat-words.ts'

type ZoomButtonsProps = {
  readonly words: SeatWords
  readonly onZoomIn: () => void
  readonly onZoomOut: () => void
  readonly onWhole: () => void
}

export function ZoomButtons({ words, onZoomIn, onZoomOut, onWhole }: ZoomButtonsProps): React.JSX.Element {
  return (
    <div className="zoom">
      <button type="button" aria-label={words.zoomIn} onClick={onZoomIn}>
        <Plus size={20} aria-hidden="true" />
      </button>
      <button type="button" aria-label={words.zoomOut} onClick={onZoomOut}>
        <Minus size={20} aria-hidden="true" />
      </button>
      <button type="button" aria-label={words.wholeZone} onClick={onWhole}>
        <Maximize size={20} aria-hidden="true" />
      </button>
    </div>
  )
}
