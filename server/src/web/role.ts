/** web: the built web app. Hashed files are kept for a year, the page itself is asked for anew; unknown paths get the app's own 404. */
import { existsSync, readFileSync } from 'node:fs'
import type { IncomingHttpHeaders } from 'node:http'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import serveStatic from '@fastify/static'
import { CONSTANT_HEADERS } from '../headers.ts'
import type { Page } from '../http.ts'
import type { StartRole } from '../roles.ts'

const DIST = resolve(fileURLToPath(import.meta.url), '../../../../web/dist')
const POLICY =
  "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; connect-src 'self'; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"

/** Vite puts a hash of the content into the name; what is without one may change under its name. */
const HASHED = /-[\w-]{8}\.\w+$/

/** JSON lives here; a page never does. */
const JSON_PATHS = /^\/(purchase|query|events|api|health|metrics|openapi\.json|problems)(\/|$)/

/** What the build says of the app. */
type Pages = { paths: string[]; languages: Record<string, { dir: 'ltr' | 'rtl' }> }

/** The language chosen before, then those that the browser asks for, as the app itself decides. */
function wanted({ cookie, 'accept-language': asked }: IncomingHttpHeaders): string[] {
  const [, chosen] = /(?:^|; )onsale_lang=(\w+)/.exec(cookie ?? '') ?? []
  const tags = (asked ?? '').split(',').map((tag) => tag.trim().split(/[-;]/)[0]?.toLowerCase() ?? '')
  return chosen === undefined ? tags : [chosen, ...tags]
}

export const startWebRole: StartRole = async ({ http, report }) => {
  if (!existsSync(resolve(DIST, 'index.html'))) {
    report.logger.warn('the web app is not built: run `npm run setup -- --web`')
    return { stop: async () => {} }
  }
  const html = readFileSync(resolve(DIST, 'index.html'), 'utf8')
  const { paths, languages } = JSON.parse(readFileSync(resolve(DIST, 'pages.json'), 'utf8')) as Pages
  const pages = paths.map((path) => new RegExp(`^${path.replace(/:\w+/g, '[^/]+')}$`))
  const htmlIn = new Map(
    Object.entries(languages).map(([name, { dir }]) => [name, html.replace('<html lang="en">', `<html lang="${name}" dir="${dir}">`)]),
  )
  await http.register(serveStatic, {
    root: DIST,
    index: false,
    wildcard: false,
    cacheControl: false,
    // The page itself only by its paths, with its policy.
    allowedPath: (path) => !['/index.html', '/pages.json'].includes(path),
    setHeaders: (response, path) => {
      response.header('cache-control', HASHED.test(path) ? 'public, max-age=31536000, immutable' : 'no-cache')
    },
  })
  const page: Page = (request, reply, status) => {
    const path = request.url.split('?')[0] as string
    const isPage = pages.some((pattern) => pattern.test(path))
    if (!['GET', 'HEAD'].includes(request.method) || (!isPage && JSON_PATHS.test(path))) return null
    if ((!isPage || status === 404) && !request.headers.accept?.includes('text/html')) return null
    return reply
      .status(status ?? (isPage ? 200 : 404))
      .headers({
        // An address that cannot be read came past the hook that sets these.
        ...CONSTANT_HEADERS,
        'x-request-id': request.id,
        'cache-control': 'no-cache',
        'content-security-policy': POLICY,
        vary: 'Accept, Accept-Language, Cookie',
      })
      .type('text/html; charset=utf-8')
      .send(
        wanted(request.headers)
          .map((name) => htmlIn.get(name))
          .find(Boolean) ?? html,
      )
  }
  return { stop: async () => {}, page }
}
