/** web: the built web app. Hashed files are kept for a year, the page itself is asked for anew; unknown paths get the app's own 404. */
import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import serveStatic from '@fastify/static'
import type { Page } from '../http.ts'
import type { StartRole } from '../roles.ts'

const DIST = resolve(fileURLToPath(import.meta.url), '../../../../web/dist')
const POLICY =
  "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; connect-src 'self'; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"

/** JSON lives here; a page never does. */
const JSON_PATHS = /^\/(purchase|query|events|api|health|metrics|openapi\.json|problems)(\/|$)/

export const startWebRole: StartRole = async ({ http, report }) => {
  if (!existsSync(resolve(DIST, 'index.html'))) {
    report.logger.warn('the web app is not built: run `npm run setup -- --web`')
    http.get('/', { schema: { hide: true } }, async (_, reply) => reply.redirect('/docs'))
    return { stop: async () => {} }
  }
  const html = readFileSync(resolve(DIST, 'index.html'))
  const pages = (JSON.parse(readFileSync(resolve(DIST, 'pages.json'), 'utf8')) as string[]).map(
    (path) => new RegExp(`^${path.replace(/:\w+/g, '[^/]+')}$`),
  )
  await http.register(serveStatic, {
    root: DIST,
    index: false,
    wildcard: false,
    cacheControl: false,
    setHeaders: (response, path) => {
      response.header('cache-control', path.includes('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache')
    },
  })
  const page: Page = (request, reply) => {
    const path = request.url.split('?')[0] as string
    if (!['GET', 'HEAD'].includes(request.method) || JSON_PATHS.test(path)) return null
    const isPage = pages.some((pattern) => pattern.test(path))
    if (!isPage && !request.headers.accept?.includes('text/html')) return null
    return reply
      .status(isPage ? 200 : 404)
      .headers({ 'cache-control': 'no-cache', 'content-security-policy': POLICY })
      .type('text/html; charset=utf-8')
      .send(html)
  }
  return { stop: async () => {}, page }
}
