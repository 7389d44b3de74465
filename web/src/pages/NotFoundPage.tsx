import { Link } from '@tanstack/react-router'
import { homePath } from '../paths.ts'
import { PageHeading } from '../ui/PageHeading.tsx'
import { useWords } from '../words.ts'

export function NotFoundPage() {
  const { t } = useWords()
  return <MissingPage text={t('missing.text')} />
}

/** Also for an event or a ticket that is not there. */
export function MissingPage({ text }: { text: string }) {
  const { t } = useWords()
  return (
    <main id="main" className="stack">
      <PageHeading title={t('missing.title')} />
      <p className="soft">{text}</p>
      <p>
        <Link className="btn" {...homePath()}>
          {t('missing.home')}
        </Link>
      </p>
    </main>
  )
}
