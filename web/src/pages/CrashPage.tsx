import { type ErrorComponentProps, Link } from '@tanstack/react-router'
import { homePath } from '../paths.ts'
import { Notice } from '../ui/Notice.tsx'
import { PageHeading } from '../ui/PageHeading.tsx'
import { useWords } from '../words.ts'

/** A page that broke, with the site bar alive. */
export function CrashPage({ error }: ErrorComponentProps) {
  const { t } = useWords()
  return (
    <main id="main" className="stack">
      <PageHeading title={t('failure.crash')} />
      <Notice
        tone="red"
        icon="alert"
        actions={
          <>
            <button type="button" className="btn small" onClick={() => location.reload()}>
              {t('failure.load')}
            </button>
            <Link className="btn small" {...homePath()}>
              {t('missing.home')}
            </Link>
          </>
        }
      >
        <p>{t('refusal.internal-error')}</p>
        <p className="small soft">{error instanceof Error ? error.message : String(error)}</p>
      </Notice>
    </main>
  )
}
