import type { ErrorComponentProps } from '@tanstack/react-router'
import { Notice } from '../ui/Notice.tsx'
import { PageHeading } from '../ui/PageHeading.tsx'
import { useWords } from '../words.ts'

/** A page that broke, with the site bar alive. Loading again also brings a new version, when an old chunk is gone. */
export function CrashPage({ error }: ErrorComponentProps) {
  const { t } = useWords()
  return (
    <main id="main" className="stack">
      <PageHeading title={t('failure.crash')} />
      <Notice
        tone="red"
        icon="alert"
        actions={
          <button type="button" className="btn small" onClick={() => location.reload()}>
            {t('failure.load')}
          </button>
        }
      >
        <p>{t('refusal.internal-error')}</p>
        <p className="small soft">{error instanceof Error ? error.message : String(error)}</p>
      </Notice>
    </main>
  )
}
