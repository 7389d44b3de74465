import type { EventDetail } from '@onsale/contract/events'
import type { Wish } from '@onsale/contract/wish'
import { useNavigate } from '@tanstack/react-router'
import { Problem } from '../api.ts'
import { showPath } from '../paths.ts'
import { refusalText } from '../refusals.ts'
import { Notice } from '../ui/Notice.tsx'
import { useWords, type Words } from '../words.ts'
import { nearestWish } from './nearest-wish.ts'
import type { ShowProps } from './show-props.ts'
import type { Basket, Refused as Refusal } from './use-basket.ts'

const staleCodes = [
  'idempotency-key-reused',
  'bad-position',
  'malformed-json',
  'unsupported-media-type',
  'bad-origin',
  'method-not-allowed',
]

type Props = Pick<ShowProps, 'event' | 'live' | 'basket'> & { refused: Refusal }
type Way = { label: string; go: () => void }

/** What happened, where it happened, and the ways on. */
export function Refused(props: Props) {
  const { event, refused } = props
  const words = useWords()
  const ways = useWays(props, words)
  const isOurs = refused.failure instanceof Problem && refused.failure.status >= 500 && refused.failure.status !== 503
  return (
    <Notice
      tone={isOurs ? 'red' : 'amber'}
      icon={isOurs ? 'alert' : 'info'}
      actions={ways.map(({ label, go }) => (
        <button key={label} type="button" className="btn small" onClick={go}>
          {label}
        </button>
      ))}
    >
      <p>{refusalText(refused.failure, words, { event, maxPrice: refused.wish.maxPrice, isPress: true })}</p>
      {isOurs && <p className="small soft">{words.t('failure.reference', { requestId: (refused.failure as Problem).requestId })}</p>}
    </Notice>
  )
}

function useWays({ event, live, basket, refused }: Props, words: Words): Way[] {
  const { t } = words
  const navigate = useNavigate()
  const { failure, wish, button } = refused
  const choose: Way = { label: t('failure.chooseMyself'), go: basket.dismiss }
  const again: Way = { label: t('failure.again'), go: () => void basket.take(button, [wish]) }
  if (!(failure instanceof Problem) || failure.status >= 500) return [again]
  if (staleCodes.includes(failure.code)) return [{ label: t('failure.load'), go: () => location.reload() }]
  const house: Way = { label: t('failure.wholeHouse'), go: () => void basket.take(button, [inWholeHouse(wish)]) }
  const elsewhere = wish.quantity !== undefined && wish.zoneId !== undefined ? [house] : []
  switch (failure.code) {
    case 'seat-occupied':
      return [...nearestWay(event, live, basket, refused, words), choose]
    case 'not-enough-seats':
      return [...fewerWay(failure, basket, refused, words), ...elsewhere]
    case 'zone-full':
      return elsewhere
    case 'no-seats-at-price': {
      const { priceFrom } = failure.facts
      if (typeof priceFrom !== 'number') return []
      return [{ label: t('failure.showPrice'), go: () => void showPrice(priceFrom) }]
    }
    default:
      return []
  }

  async function showPrice(max: number): Promise<void> {
    basket.dismiss()
    await navigate({ ...showPath(event.eventId, { max }), replace: true, resetScroll: false })
  }
}

function inWholeHouse({ zoneId: _, ...wish }: Wish): Wish {
  return wish
}

function fewerWay(failure: Problem, basket: Basket, { wish, button }: Refusal, { t }: Words): Way[] {
  const available = Number(failure.facts.available ?? 0)
  if (available < 1 || wish.quantity === undefined) return []
  return [{ label: t('failure.takeFewer', { available }), go: () => void basket.take(button, [{ ...wish, quantity: available }]) }]
}

/** The seats of mine that are still free, and for each that is gone the nearest free one. */
function nearestWay(event: EventDetail, live: ShowProps['live'], basket: Basket, { failure, wish, button }: Refusal, words: Words): Way[] {
  const nearest = failure instanceof Problem ? nearestWish(event, live, basket.picks, failure.facts, wish) : null
  if (!nearest) return []
  const rows = Map.groupBy(nearest.seats, ({ row }) => row)
  const names = [...rows].map(([row, seats]) =>
    seats.length === 1
      ? words.t('picks.seatIn', { row, column: seats[0]?.column })
      : words.t('picks.seatsIn', { row, columns: words.list(seats.map(({ column }) => String(column))) }),
  )
  return [{ label: words.t('failure.takeSeats', { seats: words.list(names) }), go: () => void basket.take(button, [nearest]) }]
}
