import { Link } from '@tanstack/react-router'
import { homePath } from '../paths.ts'
import { useWords } from '../words.ts'

/** The way out of a page that leads nowhere else: to what is on sale. */
export function HomeButton() {
  const { t } = useWords()
  return (
    <p>
      <Link className="btn" {...homePath()}>
        {t('missing.home')}
      </Link>
    </p>
  )
}
