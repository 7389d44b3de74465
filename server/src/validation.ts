/** What comes in: JSON as bytes, bodies, paths and queries against their schemas, and every fault as a field and what was wanted of it. */
import { isUtf8 } from 'node:buffer'
import { type FieldError, Refusal, refusals } from '@onsale/contract/refusals'
import { Ajv, type ErrorObject } from 'ajv'
import addFormats from 'ajv-formats'
import { wanted, wantedOfUnion } from './wanted.ts'

/** Bytes that are no UTF-8 would become other letters without a word, and two different bodies the same. 30 ns to look. */
export function parseJson(body: Buffer): unknown {
  if (!isUtf8(body)) throw malformed('is not UTF-8')
  try {
    return JSON.parse(body.toString())
  } catch {
    throw malformed('is not a JSON object')
  }
}

const malformed = (message: string): Refusal =>
  new Refusal('malformed-json', refusals['malformed-json'].about, { errors: [{ field: 'body', message }] })

/** "1" is no number in a body. */
function withFormats(ajv: Ajv): Ajv {
  addFormats.default(ajv, ['date-time', 'uuid'])
  const written = addFormats.default.get('date-time') as { validate: (text: string) => boolean }
  // Also one that Date can read: RFC 3339 knows leap seconds.
  return ajv.addFormat('date-time', (text: string) => written.validate(text) && !Number.isNaN(Date.parse(text)))
}

/** All faults are told, with the descriptions of their schemas (`verbose`). */
const ajv = withFormats(new Ajv({ allErrors: true, useDefaults: true, verbose: true }))
/** Says only whether: it makes no list of what a seat's column might have been and is not. */
const quick = withFormats(new Ajv({ useDefaults: true }))

type Fits = { (body: unknown): boolean; errors?: ErrorObject[] | null }

export function compileBody(schema: object): Fits {
  const [isFit, tell] = [quick.compile(schema), ajv.compile(schema)]
  const fits: Fits = (body) => {
    if (isFit(body)) return true
    const isFine = tell(body)
    fits.errors = tell.errors ?? null
    return isFine
  }
  return fits
}

type Texts = Record<string, unknown>

/** Paths, queries and headers are texts by nature: one of digits is a number where one is wanted. Ajv's own coercion takes "0x10" and "1e309". */
export function compileTexts(schema: object): (texts: Texts) => { value: Texts } | { error: ErrorObject[] } {
  const fits = ajv.compile(schema)
  const { properties = {} } = schema as { properties?: Record<string, { type?: string }> }
  const numbers = Object.keys(properties).filter((name) => properties[name]?.type === 'integer')
  return (texts) => {
    for (const name of numbers) if (/^-?\d{1,15}$/.test(String(texts[name]))) texts[name] = Number(texts[name])
    return fits(texts) ? { value: texts } : { error: fits.errors ?? [] }
  }
}

/** `seats[0].column` for `/seats/0/column`; one error a field, the first that was found. */
export function fieldErrors(errors: readonly ErrorObject[]): FieldError[] {
  const fields = new Map<string, string>()
  const unions = new Map(errors.filter(({ keyword }) => keyword === 'anyOf').map((error) => [error.instancePath, wantedOfUnion(error)]))
  for (const error of errors) {
    const { instancePath, keyword, params } = error
    if (keyword === 'anyOf' || fields.size >= 50) continue
    const path = instancePath
      .split('/')
      .slice(1)
      .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    if (keyword === 'required') path.push(String(params.missingProperty))
    if (keyword === 'additionalProperties') path.push(String(params.additionalProperty))
    const field = path.reduce((text, part) => (/^\d+$/.test(part) ? `${text}[${part}]` : text ? `${text}.${part}` : part), '')
    if (!fields.has(field)) fields.set(field, unions.get(instancePath) ?? wanted(error))
  }
  return [...fields].map(([field, message]) => ({ field: field || 'body', message }))
}
