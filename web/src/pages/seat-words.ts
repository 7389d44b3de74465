import { useMemo } from 'react'
import type { SeatLook, SeatPlace } from '../ui/seat-map/seat-state.ts'
import type { SeatWords } from '../ui/seat-map/seat-words.ts'
import { useWords, type Words } from '../words.ts'

/** The seat map's sentences in the reader's language; the same object as long as the language stays. */
export function useSeatWords(): SeatWords {
  const words = useWords()
  return useMemo(() => seatWords(words), [words])
}

const inRow = { held: 'seat.inRowHeld', sold: 'seat.inRowSold', lost: 'seat.inRowLost' } as const
const refused = { held: 'seat.isHeld', sold: 'seat.isSold', lost: 'seat.isLost' } as const
const taken = (look: SeatLook) => (look === 'held' || look === 'lost' ? look : 'sold')
const placeContext = (place: SeatPlace) => (place === 'standard' ? {} : { context: place })

function seatWords({ t }: Words): SeatWords {
  return {
    seat: ({ look, place, ...seat }) => t(`seat.${look}`, { ...seat, ...(look === 'free' ? placeContext(place) : {}) }),
    picked: (seat) => t('seat.picked', seat),
    letGo: (seat) => t('seat.letGo', seat),
    refused: ({ look, ...seat }) => t(refused[taken(look)], seat),
    full: ({ max }) => t('seat.full', { count: max }),
    keys: t('seat.keys'),
    zoomIn: t('seat.zoomIn'),
    zoomOut: t('seat.zoomOut'),
    wholeZone: t('seat.wholeZone'),
    rows: {
      name: (row) => t('seat.row', row),
      summary: (row) => t(row.mine > 0 ? 'seat.rowLineMine' : 'seat.rowLine', row),
      seat: ({ seat, place, look }) =>
        look === 'free' || look === 'mine' ? t('seat.inRow', { seat, ...placeContext(place) }) : t(inRow[taken(look)], { seat }),
      sideBySide: t('seat.sideBySide'),
      atLeast: (run) => t('seat.atLeast', run),
      found: (rows) => t('seat.found', rows),
      none: t('seat.none'),
      noneFree: t('seat.noneFree'),
    },
    legend: {
      title: t('seat.key'),
      free: t('seat.keyFree'),
      mine: t('seat.keyMine'),
      held: t('seat.keyHeld'),
      sold: t('seat.keySold'),
      lost: t('seat.keyLost'),
      accessible: t('seat.keyAccessible'),
      companion: t('seat.keyCompanion'),
    },
  }
}
