/**
 * Runs docs/api-collection.json (Postman's format, so that Postman, Bruno and Insomnia open it too) against a server, in order.
 *   node scripts/collection.ts [base URL]
 * Of Postman's `pm` it knows what the collection uses: test, expect, response, collectionVariables.
 */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { createContext, runInContext } from 'node:vm'

type Item = {
  name: string
  event: { script: { exec: string[] } }[]
  request: { method: string; url: string; header: { key: string; value: string }[]; body?: { raw: string } }
}
export type Collection = { variable: { key: string; value: string }[]; item: Item[] }
/** `fault` is null for a test that holds. */
export type Tested = { request: string; test: string; fault: string | null }

export const collection = JSON.parse(readFileSync(resolve(import.meta.dirname, '../docs/api-collection.json'), 'utf8')) as Collection

export async function runCollection(baseUrl: string): Promise<Tested[]> {
  const variables = new Map(collection.variable.map(({ key, value }) => [key, value]))
  variables.set('baseUrl', baseUrl)
  variables.set('run', crypto.randomUUID())
  const fill = (text: string): string => text.replace(/\{\{(\w+)\}\}/g, (_, name: string) => variables.get(name) ?? '')
  const tested: Tested[] = []
  for (const { name, event, request } of collection.item) {
    const response = await fetch(fill(request.url), {
      method: request.method,
      headers: request.header.map(({ key, value }): [string, string] => [key, fill(value)]),
      ...(request.body && { body: fill(request.body.raw) }),
    })
    const text = await response.text()
    for (const { script } of event)
      runInContext(
        script.exec.join('\n'),
        createContext({ pm: pm(response, text, variables, (test, fault) => tested.push({ request: name, test, fault })) }),
      )
  }
  return tested
}

function pm(response: Response, text: string, variables: Map<string, string>, tell: (test: string, fault: string | null) => void) {
  return {
    test(name: string, check: () => void) {
      try {
        check()
        tell(name, null)
      } catch (error) {
        tell(name, String(error))
      }
    },
    expect: (value: unknown) => ({
      to: {
        eql: (wanted: unknown) =>
          refuseUnless(JSON.stringify(value) === JSON.stringify(wanted), `${JSON.stringify(value)} is not ${JSON.stringify(wanted)}`),
        include: (part: string) => refuseUnless(String(value).includes(part), `does not include ${part}`),
      },
    }),
    response: {
      json: (): unknown => JSON.parse(text),
      text: () => text,
      headers: { get: (name: string) => response.headers.get(name) },
      to: { have: { status: (wanted: number) => refuseUnless(response.status === wanted, `${response.status} ${text.slice(0, 200)}`) } },
    },
    collectionVariables: { get: (name: string) => variables.get(name), set: (name: string, value: string) => variables.set(name, value) },
  }
}

function refuseUnless(holds: boolean, why: string): void {
  if (!holds) throw new Error(why)
}

if (import.meta.main) {
  const url = process.argv[2] ?? 'http://localhost:8080'
  const tested = await runCollection(url).catch((error: Error) => {
    const { cause } = error
    console.error(
      `${url} does not answer (${cause instanceof Error ? cause.message || (cause as NodeJS.ErrnoException).code : error.message}). Start one with npm start, or name another: npm run collection -- http://host:port`,
    )
    process.exit(2)
  })
  for (const { request, test, fault } of tested)
    console.log(`${fault === null ? 'ok  ' : 'FAIL'} ${request}: ${test}${fault === null ? '' : ` - ${fault}`}`)
  process.exitCode = tested.every(({ fault }) => fault === null) ? 0 : 1
}
