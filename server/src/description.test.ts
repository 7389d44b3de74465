/** What the server says of itself: a valid OpenAPI document that knows every route, and a page to try it without any network. */
import { validate } from '@scalar/openapi-validator'
import { afterAll, describe, expect, it } from 'vitest'
import { contractRoutes } from '../test/answer.ts'
import { event, HALL } from '../test/house.ts'
import { startTestPlatform, type TestPlatform } from '../test/platform.ts'

const onsale: TestPlatform = await startTestPlatform({ house: { venues: [HALL], events: [event('Play')] } })
afterAll(() => onsale.stop())

type Parameter = { name: string; in: string; required?: boolean }
type Operation = {
  'x-who': string
  summary?: string
  tags?: string[]
  parameters?: Parameter[]
  requestBody?: object
  responses: Record<string, { description: string; content?: Record<string, object> }>
}
type Description = { openapi: string; info: object; paths: Record<string, Record<string, Operation>> }

const description = (await onsale.get('/openapi.json')).json<Description>()
const operations = Object.entries(description.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ name: `${method.toUpperCase()} ${path}`, path, operation })),
)
const templated = (url: string) => url.replace(/:(\w+)/g, '{$1}')

describe('/openapi.json', () => {
  it('is valid OpenAPI 3.1', () => {
    const { valid, version, errors } = validate(description)
    expect(errors).toEqual([])
    expect([valid, version, description.openapi]).toEqual([true, '3.1', '3.1.0'])
  })

  it('describes every route of the contract with its statuses, and knows no other but those of the server itself', () => {
    const own = ['GET /metrics', 'GET /problems', 'GET /problems/{code}']
    expect(operations.map(({ name }) => name).sort()).toEqual(
      [...contractRoutes.map(({ method, url }) => `${method} ${templated(url)}`), ...own].sort(),
    )
    for (const { method, url, schema } of contractRoutes) {
      const operation = description.paths[templated(url)]?.[method.toLowerCase()] as Operation
      expect(Object.keys(operation.responses).sort(), url).toEqual(Object.keys(schema.response as object).sort())
      expect(operation.summary, url).toBe(schema.summary)
      expect(operation.requestBody === undefined, url).toBe(schema.body === undefined)
    }
  })

  it('says of every operation what it does and who may call it', () => {
    for (const { name, operation } of operations) {
      expect(operation.summary, name).toMatch(/^[A-Z].*\.$/)
      expect(operation['x-who'], name).toMatch(/^(anyone|[A-Z]+(, [A-Z]+)*)$/)
      expect(operation.tags?.length, name).toBe(1)
    }
  })

  it('names every part of a path as a parameter', () => {
    for (const { name, path, operation } of operations) {
      const parts = [...path.matchAll(/\{(\w+)\}/g)].map(([, part]) => part)
      expect(
        (operation.parameters ?? []).filter((each) => each.in === 'path').map((each) => each.name),
        name,
      ).toEqual(parts)
    }
  })

  it('tells problems as problem+json', () => {
    for (const { name, operation } of operations)
      for (const [status, { content }] of Object.entries(operation.responses))
        if (Number(status) >= 400 && !name.endsWith('/health/ready'))
          expect(Object.keys(content ?? {}), `${name} ${status}`).toEqual(['application/problem+json'])
  })

  it('lists who may call what: a new route has to be put here by somebody who thought about it', () => {
    const table = operations.map(({ name, operation }) => `${operation['x-who']}: ${name}`)
    expect(table.sort()).toEqual([
      'anyone: GET /api/health',
      'anyone: GET /events/health',
      'anyone: GET /health',
      'anyone: GET /health/ready',
      'anyone: GET /metrics',
      'anyone: GET /problems',
      'anyone: GET /problems/{code}',
      'anyone: GET /purchase/health',
      'anyone: GET /query/api/v1/events',
      'anyone: GET /query/api/v1/events/{eventId}',
      'anyone: GET /query/api/v1/events/{eventId}/stream',
      'anyone: GET /query/api/v1/events/{eventId}/zones/{zoneId}/seats',
      'anyone: GET /query/api/v1/sales',
      'anyone: GET /query/api/v1/tickets',
      'anyone: GET /query/api/v1/tickets/count/{eventId}',
      'anyone: GET /query/api/v1/tickets/revenue/{venueId}/{eventId}',
      'anyone: GET /query/api/v1/tickets/{ticketId}',
      'anyone: GET /query/api/v1/venues',
      'anyone: GET /query/api/v1/venues/{venueId}',
      'anyone: GET /query/health',
      'anyone: POST /purchase/api/v1/tickets',
    ])
  })
})

describe('/docs', () => {
  it('is a page whose every part comes from this server', async () => {
    expect((await onsale.get('/docs')).headers.location).toBe('/docs/')
    const page = await onsale.get('/docs/')
    expect(page.headers['content-type']).toBe('text/html; charset=utf-8')
    const parts = [...page.text.matchAll(/\b(?:src|href)="([^"]+)"/g)].map(([, part]) => new URL(part as string, `${onsale.url}/docs/`))
    expect(parts.length).toBeGreaterThan(0)
    for (const part of parts) {
      expect(part.origin).toBe(onsale.url)
      expect((await onsale.get(part.pathname)).status, part.href).toBe(200)
    }
    expect(page.text).toContain('/openapi.json')
  })

  it('may load nothing from elsewhere, whatever its script would like to', async () => {
    const policy = String((await onsale.get('/docs/')).headers['content-security-policy'])
    expect(policy).toContain("default-src 'self'")
    expect(policy).toContain("connect-src 'self'")
    expect(policy).not.toMatch(/https?:|\*/)
  })
})
