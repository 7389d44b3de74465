import { HomeButton } from '../ui/HomeButton.tsx'
import { PageHeading } from '../ui/PageHeading.tsx'
import { useWords } from '../words.ts'

const parts = [
  ['about.mapTitle', 'about.map'],
  ['about.handsTitle', 'about.hands'],
  ['about.openTitle', 'about.open'],
] as const

export function AboutPage() {
  const { t } = useWords()
  return (
    <main id="main" className="stack-l read">
      <PageHeading title={t('about.title')} />
      <p className="lead">{t('about.what')}</p>
      {parts.map(([title, text]) => (
        <section key={title} className="stack-s">
          <h2>{t(title)}</h2>
          <p className="soft">{t(text)}</p>
        </section>
      ))}
      <HomeButton />
    </main>
  )
}
