/** The map: which address is which page. */
import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from '@tanstack/react-router'
import { CrashPage } from './pages/CrashPage.tsx'
import { Layout } from './pages/Layout.tsx'
import { NotFoundPage } from './pages/NotFoundPage.tsx'
import { pages, parseQuery, readHomeSearch, readShowSearch, readTicketSearch, writeQuery } from './paths.ts'
import { focusNextHeading } from './ui/PageHeading.tsx'

const root = createRootRoute({ component: Layout, notFoundComponent: NotFoundPage })

const home = createRoute({
  getParentRoute: () => root,
  path: pages.home,
  validateSearch: readHomeSearch,
  component: lazyRouteComponent(() => import('./pages/HomePage.tsx'), 'HomePage'),
})

const show = createRoute({
  getParentRoute: () => root,
  path: pages.show,
  validateSearch: readShowSearch,
  component: lazyRouteComponent(() => import('./pages/ShowPage.tsx'), 'ShowPage'),
})

const ticket = createRoute({
  getParentRoute: () => root,
  path: pages.ticket,
  validateSearch: readTicketSearch,
  component: lazyRouteComponent(() => import('./pages/TicketPage.tsx'), 'TicketPage'),
})

const about = createRoute({
  getParentRoute: () => root,
  path: pages.about,
  component: lazyRouteComponent(() => import('./pages/AboutPage.tsx'), 'AboutPage'),
})

export const router = createRouter({
  routeTree: root.addChildren([home, show, ticket, about]),
  defaultErrorComponent: CrashPage,
  parseSearch: parseQuery,
  stringifySearch: writeQuery,
  scrollRestoration: true,
  trailingSlash: 'preserve',
})

router.subscribe('onBeforeNavigate', ({ fromLocation, toLocation, pathChanged }) => {
  // From the plan into a zone is a new page to the reader, though only the search changes.
  const hasZone = (location: { search: object } | undefined) => location !== undefined && 'zone' in location.search
  if (fromLocation && (pathChanged || hasZone(fromLocation) !== hasZone(toLocation))) focusNextHeading()
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}
