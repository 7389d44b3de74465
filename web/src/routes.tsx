/** The map: which address is which page. */
import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from '@tanstack/react-router'
import { CrashPage } from './pages/CrashPage.tsx'
import { Layout } from './pages/Layout.tsx'
import { NotFoundPage } from './pages/NotFoundPage.tsx'
import { loadPart } from './parts.ts'
import { pages, parseQuery, readHomeSearch, readShowSearch, readTicketSearch, type ShowSearch, writeQuery } from './paths.ts'
import { focusNextHeading } from './ui/PageHeading.tsx'

const root = createRootRoute({ component: Layout, notFoundComponent: NotFoundPage })

const home = createRoute({
  getParentRoute: () => root,
  path: pages.home,
  validateSearch: readHomeSearch,
  component: lazyRouteComponent(() => loadPart(() => import('./pages/HomePage.tsx')), 'HomePage'),
})

const show = createRoute({
  getParentRoute: () => root,
  path: pages.show,
  validateSearch: readShowSearch,
  component: lazyRouteComponent(() => loadPart(() => import('./pages/ShowPage.tsx')), 'ShowPage'),
})

const ticket = createRoute({
  getParentRoute: () => root,
  path: pages.ticket,
  validateSearch: readTicketSearch,
  component: lazyRouteComponent(() => loadPart(() => import('./pages/TicketPage.tsx')), 'TicketPage'),
})

const about = createRoute({
  getParentRoute: () => root,
  path: pages.about,
  component: lazyRouteComponent(() => loadPart(() => import('./pages/AboutPage.tsx')), 'AboutPage'),
})

const problem = createRoute({
  getParentRoute: () => root,
  path: pages.problem,
  component: lazyRouteComponent(() => loadPart(() => import('./pages/ProblemPage.tsx')), 'ProblemPage'),
})

export const router = createRouter({
  routeTree: root.addChildren([home, show, ticket, about, problem]),
  defaultErrorComponent: CrashPage,
  parseSearch: parseQuery,
  stringifySearch: writeQuery,
  scrollRestoration: true,
  trailingSlash: 'preserve',
})

router.subscribe('onBeforeNavigate', ({ fromLocation, toLocation, pathChanged }) => {
  // From the plan into a zone is a new page to the reader, though only the search changes.
  const hasZone = ({ search }: { search: ShowSearch }) => search.zone !== undefined
  if (fromLocation && (pathChanged || hasZone(fromLocation) !== hasZone(toLocation))) focusNextHeading()
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}
