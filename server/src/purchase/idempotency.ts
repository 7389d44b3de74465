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

/** The same text for the same JSON, whatever the order of its fields. */
function canonical(value: unknown, depth = 0): string {
  if (depth > DEEPEST) throw badInput([{ field: 'body', message: `is nested deeper than ${DEEPEST} levels` }])
  if (Array.isArray(value)) return `[${value.map((each) => canonical(each, depth + 1)).join()}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const fields = value as Record<string, unknown>
  let text = ''
  for (const name of Object.keys(fields).sort()) text += `${JSON.stringify(name)}:${canonical(fields[name], depth + 1)},`
  return `{${text}}`
}
