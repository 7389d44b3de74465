/** Idempotency-Key: it belongs to the route and the caller; the same key with the same JSON gets the first answer. */
import { badInput } from '@onsale/contract/refusals'

export type CommandKey = { id: string; fingerprint: string }

/** Throws when the key is not 1 to 200 visible ASCII characters. */
export function commandKey(header: string | string[] | undefined, route: string, caller: string, body: unknown): CommandKey | undefined {
  if (header === undefined) return undefined
  if (typeof header !== 'string' || !/^[\x21-\x7e]{1,200}$/.test(header))
    throw badInput([{ field: 'Idempotency-Key', message: 'takes 1 to 200 visible ASCII characters' }])
  return { id: `${route} ${caller} ${header}`, fingerprint: `${hashOf(body, 0x9e3779b1, 0)} ${hashOf(body, 0x5f356495, 0)}` }
}

/** No wish is nested like that, and the stack would not bear what 64 KiB can hold. */
const DEEPEST = 100

/** 32 bits of some JSON, whatever the order of its fields: those are summed. By way of one canonical text it cost 1.7 us a purchase, so it costs 0.5. */
function hashOf(value: unknown, factor: number, depth: number): number {
  if (depth > DEEPEST) throw badInput([{ field: 'body', message: `is nested deeper than ${DEEPEST} levels` }])
  if (typeof value === 'string') return hashOfText(value, factor, 1)
  if (typeof value !== 'object' || value === null) return hashOfText(String(value), factor, 2)
  let hash = Array.isArray(value) ? 3 : 4
  if (Array.isArray(value)) for (const each of value) hash = mix(hash + hashOf(each, factor, depth + 1), factor)
  else {
    const fields = value as Record<string, unknown>
    for (const name of Object.keys(fields)) hash += mix(hashOfText(name, factor, 5) + hashOf(fields[name], factor, depth + 1), factor) | 0
  }
  return mix(hash, factor)
}

function hashOfText(text: string, factor: number, seed: number): number {
  let hash = Math.imul(seed, 0x01000193)
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), factor)
  return mix(hash ^ text.length, factor)
}

function mix(hash: number, factor: number): number {
  const mixed = Math.imul(hash ^ (hash >>> 15), factor)
  return mixed ^ (mixed >>> 13)
}
