import { Link, Outlet, useLocation } from '@tanstack/react-router'
import { useOnline } from '../online.ts'
import { usePartAway } from '../parts.ts'
import { aboutPath, homePath, pages } from '../paths.ts'
import { LanguageChoice } from '../ui/LanguageChoice.tsx'
import { Notice } from '../ui/Notice.tsx'
import { Status } from '../ui/Status.tsx'
import { ThemeSwitch } from '../ui/ThemeSwitch.tsx'
import { useShownVenueTime } from '../venue-time.ts'
import { useWords } from '../words.ts'

export function Layout() {
  const { t } = useWords()
  const online = useOnline()
  const isPartAway = usePartAway()
  return (
    <>
      <a className="skip" href="#main">
        {t('site.skip')}
      </a>
      <SiteBar />
      {(!online || isPartAway) && (
        <div className="offline">
          <Notice tone="amber" icon="offline">
            <p role="status">{t(isPartAway ? 'site.partAway' : 'site.offline')}</p>
          </Notice>
        </div>
      )}
      <Outlet />
      <Footer />
      <Status />
    </>
  )
}

function SiteBar() {
  const { t } = useWords()
  const onEvents = useLocation({ select: ({ pathname }) => pathname === pages.home || pathname.startsWith('/shows/') })
  return (
    <header className="bar">
      <div>
        <Link className="mark" {...homePath()} translate="no">
          Onsale
        </Link>
        <nav aria-label={t('site.main')}>
          <Link {...homePath()} aria-current={onEvents ? 'page' : undefined}>
            {t('site.events')}
          </Link>
        </nav>
        <ThemeSwitch />
        <LanguageChoice />
      </div>
    </header>
  )
}

function Footer() {
  const { t, timeZone } = useWords()
  const venue = useShownVenueTime()
  return (
    <footer className="foot">
      <div>
        {venue && <span>{t('site.times', { timeZone: timeZone(venue.timeZone, venue.at) })}</span>}
        <Link {...aboutPath()}>{t('site.about')}</Link>
        <span>{t('site.soldWith')}</span>
      </div>
    </footer>
  )
}
