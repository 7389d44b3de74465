/** What is wanted of a field, for who sent something else: the validator says which rule of its own was broken. */
import type { ErrorObject } from 'ajv'

type Described = { description?: string; const?: unknown; anyOf?: { const?: unknown }[] }

/** One sentence, without the field, as in "has to be a whole number". */
export function wanted({ keyword, params, message, parentSchema }: ErrorObject): string {
  if (keyword === 'required') return 'is required'
  if (keyword === 'additionalProperties') return 'is not known here; /docs has those that are'
  const about = (parentSchema as Described | undefined)?.description
  // A pattern is for programs; its description says the same to a person.
  if (keyword === 'pattern' && about) return `has to be ${about}`
  const sentence = sentences[keyword]?.(params) ?? message ?? 'does not fit'
  return about ? `${sentence} (${about})` : sentence
}

/** For a field that may be of several kinds: all of them, and not what the first kind would have wanted. */
export function wantedOfUnion({ parentSchema }: ErrorObject): string | undefined {
  const { anyOf = [], description } = parentSchema as Described
  if (anyOf.length > 0 && anyOf.every((kind) => 'const' in kind)) return `has to be one of ${anyOf.map((kind) => kind.const).join(', ')}`
  return description && `has to be ${description}`
}

const KINDS: Record<string, string> = {
  string: 'a text',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  null: 'null',
}
const FORMATS: Record<string, string> = { 'date-time': 'a moment, as in 2027-03-01T19:30:00Z', uuid: 'a UUID' }

const sentences: Record<string, (params: ErrorObject['params']) => string> = {
  type: ({ type }) =>
    `has to be ${[type]
      .flat()
      .map((name: string) => KINDS[name] ?? name)
      .join(' or ')}`,
  format: ({ format }) => `has to be ${FORMATS[format] ?? format}`,
  pattern: ({ pattern }) => `has to fit the pattern ${pattern}`,
  const: ({ allowedValue }) => `has to be ${JSON.stringify(allowedValue)}`,
  minimum: ({ limit }) => `has to be ${limit} or more`,
  maximum: ({ limit }) => `has to be ${limit} or less`,
  minLength: ({ limit }) => `has to have ${limit} letters or more`,
  maxLength: ({ limit }) => `has to have ${limit} letters or fewer`,
  minItems: ({ limit }) => `has to have ${limit} entries or more`,
  maxItems: ({ limit }) => `has to have ${limit} entries or fewer`,
}
