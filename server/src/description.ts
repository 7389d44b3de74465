/** What the server says of itself: /openapi.json from the route schemas, /docs to try it, /problems/<code> for every refusal. */
import swagger from '@fastify/swagger'
import { Refusal, type RefusalCode, refusals } from '@onsale/contract/refusals'
import reference from '@scalar/fastify-api-reference'
import type { FastifyInstance } from 'fastify'
import packageJson from '../package.json' with { type: 'json' }

/** The reference page brings its scripts and styles inline; only that page may. */
const DOCS_POLICY =
  "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; frame-ancestors 'none'"

export async function addDescription(http: FastifyInstance): Promise<void> {
  await http.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Onsale',
        version: packageJson.version,
        description: 'A box office for high-demand events: seats, tickets, figures and a live stream.',
      },
      tags: [{ name: 'purchase' }, { name: 'query' }, { name: 'health' }, { name: 'problems' }],
    },
    transform: ({ schema, url, route }) => ({ schema: { ...schema, 'x-who': (route as { who?: string }).who ?? 'anyone' }, url }),
  })
  http.get('/openapi.json', { schema: { hide: true } }, async () => http.swagger())
  await http.register(async (docs) => {
    docs.addHook('onRequest', (_, reply, done) => {
      reply.header('content-security-policy', DOCS_POLICY)
      done()
    })
    await docs.register(reference, {
      routePrefix: '/docs',
      configuration: { url: '/openapi.json', withDefaultFonts: false, telemetry: false } as object,
    })
  })

  http.get('/problems', { schema: { summary: 'Every code of a problem.', tags: ['problems'] } }, async () =>
    Object.entries(refusals).map(([code, { status, title, about }]) => ({ code, status, title, about })),
  )
  http.get<{ Params: { code: string } }>(
    '/problems/:code',
    { schema: { summary: 'What a code means and what to do.', tags: ['problems'] } },
    async (request, reply) => {
      const { code } = request.params
      const refusal = Object.hasOwn(refusals, code) ? refusals[code as RefusalCode] : undefined
      const wantsPage = request.headers.accept?.includes('text/html')
      const answered = wantsPage && http.page?.(request, reply, refusal ? 200 : 404)
      if (answered) return answered
      if (!refusal) throw new Refusal('unknown-problem', `There is no problem ${code}.`)
      return { code, ...refusal }
    },
  )
}
