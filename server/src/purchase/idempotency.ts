/** Idempotency-Key: it belongs to the route and the caller; the same key with the same JSON gets the first answer. */
import { badInput } from '@onsale/contract/refusals'
import { hash52 } from '../ledger/hash.ts'

export type CommandKey = { id: string; fingerprint: string }

/** Throws when the key is not 1 to 200 visible ASCII characters. */
export function commandKey(header: string | string[] | undefined, route: string, caller: string, body: unknown): CommandKey | undefined {
  if (header === undefined) return undefined
  if (typeof header !== 'string' || !/^[\x21-\x7e]{1,200}$/.test(header))
    throw badInput([{ field: 'Idempotency-Key', message: 'takes 1 to 200 visible ASCII characters' }])
  return { id: `${route} ${caller} ${header}`, fingerprint: String(hash52(canonical(body))) }
}

/** No wish is nested like that, and the stack would not bear what 64 KiB can hold. */
const DEEPEST = 100

/** The same text for the same JSON, whatever the order of its fields. Texts carry their length instead of quotes: nothing to escape. */
function canonical(value: unknown, depth = 0): string {
  if (depth > DEEPEST) throw badInput([{ field: 'body', message: `is nested deeper than ${DEEPEST} levels` }])
  if (typeof value === 'string') return `${value.length}"${value}`
  if (typeof value !== 'object' || value === null) return String(value)
  let text = ''
  if (Array.isArray(value)) {
    for (const each of value) text += `${canonical(each, depth + 1)},`
    return `[${text}]`
  }
  const fields = value as Record<string, unknown>
  for (const name of Object.keys(fields).sort()) text += `${name.length}"${name}:${canonical(fields[name], depth + 1)},`
  return `{${text}}`
}
