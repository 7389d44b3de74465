import { useWords } from '../words.ts'
import { Hatching } from './Plan.tsx'

const levels = ['many', 'some', 'few', 'none'] as const

export function PlanKey() {
  const { t } = useWords()
  return (
    <ul className="legend" aria-label={t('event.planKey')}>
      {levels.map((level) => (
        <li key={level}>
          <svg className="plan" viewBox="0 0 20 20" aria-hidden="true">
            {level === 'none' && <Hatching id="gone-key" />}
            <rect className={`key ${level}`} x="1" y="1" width="18" height="18" rx="2" />
          </svg>
          {t(`event.${level}`)}
        </li>
      ))}
    </ul>
  )
}
