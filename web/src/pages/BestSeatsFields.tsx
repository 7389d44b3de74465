import { useId } from 'react'
import { Stepper } from '../ui/Stepper.tsx'
import { useWords } from '../words.ts'

type HowManyProps = { count: number; most: number; choose: (count: number) => void }

export function HowMany({ count, most, choose }: HowManyProps) {
  const { t } = useWords()
  const id = useId()
  return (
    <div className="row between">
      <span className="label" id={id}>
        {t('best.many')}
      </span>
      <Stepper labelledBy={id} value={count} most={most} fewer={t('best.fewer')} more={t('best.more')} onChange={choose} />
    </div>
  )
}

type WheelchairProps = { isThere: boolean; checked: boolean; choose: (checked: boolean) => void }

/** Left out where no such place is. */
export function Wheelchair({ isThere, checked, choose }: WheelchairProps) {
  const { t } = useWords()
  if (!isThere) return null
  return (
    <label className="row tick">
      <input type="checkbox" checked={checked} onChange={(change) => choose(change.target.checked)} />
      <span>{t('best.accessible')}</span>
    </label>
  )
}
