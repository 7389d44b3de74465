import { HomeButton } from '../ui/HomeButton.tsx'
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
      <HomeButton />
    </main>
  )
}
