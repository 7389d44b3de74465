import { Link } from '@tanstack/react-router'
import { Search, Ticket } from 'lucide-react'
import { homePath } from '../paths.ts'
import { useWords } from '../words.ts'

export function EmptyHome() {
  const { t } = useWords()
  return (
    <div className="panel stack empty">
      <Ticket className="icon" aria-hidden="true" />
      <h2 className="h">{t('home.empty')}</h2>
      <p className="soft">{t('home.emptyMore')}</p>
    </div>
  )
}

export function NoMatch({ q }: { q: string | undefined }) {
  const { t } = useWords()
  return (
    <div className="panel stack empty">
      <Search className="icon" aria-hidden="true" />
      <h2 className="h">{q ? t('home.noMatch', { q }) : t('home.noMatchFilters')}</h2>
      <Link className="btn" {...homePath()}>
        {t('home.clear')}
      </Link>
    </div>
  )
}
