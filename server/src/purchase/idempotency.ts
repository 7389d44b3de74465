/** Idempotency-Key: it belongs to the route and the caller; the same key with the same JSON gets the first answer. */
import { badInput } from '@onsale/contract/refusals'

export type CommandKey = { id: string; fingerprint: string }

/** Throws when the key is not 1 to 200 visible ASCII characters. */
export function commandKey(header: string | string[] | undefined, route: string, caller: string, body: unknown): CommandKey | undefined {
  if (header === undefined) return undefined
  if (typeof header !== 'string' || !/^[\x21-\x7e]{1,200}$/.test(header))
    throw badInput([{ field: 'Idempotency-Key', message: 'takes 1 to 200 visible ASCII characters' }])
  return { id: `${route} ${caller} ${header}`, fingerprint: fingerprintOf(body) }
}

/** No wish is nested like that, and the stack would not bear what 64 KiB can hold. */
const DEEPEST = 100

/** The two halves of what `hash` found last. */
let a = 0
let b = 0

/** 64 bits of some JSON, whatever the order of its fields: those are summed. By way of one canonical text it cost 1.7 us a purchase, so it costs 0.4. */
function fingerprintOf(body: unknown): string {
  hash(body, 0)
  return `${a} ${b}`
}

function hash(value: unknown, depth: number): void {
  if (depth > DEEPEST) throw badInput([{ field: 'body', message: `is nested deeper than ${DEEPEST} levels` }])
  if (typeof value === 'object' && value !== null) hashObject(value, depth)
  else hashText(String(value), typeof value === 'string' ? 1 : 2)
}

function hashObject(value: object, depth: number): void {
  let [x, y] = Array.isArray(value) ? [3, 3] : [4, 4]
  if (Array.isArray(value))
    for (const each of value) {
      hash(each, depth + 1)
      x = mixA(x + a)
      y = mixB(y + b)
    }
  else
    for (const name in value) {
      hashText(name, 5)
      const [nameA, nameB] = [a, b]
      hash((value as Record<string, unknown>)[name], depth + 1)
      x = (x + mixA(nameA + a)) | 0
      y = (y + mixB(nameB + b)) | 0
    }
  a = mixA(x)
  b = mixB(y)
}

function hashText(text: string, seed: number): void {
  let x = Math.imul(seed, 0x01000193)
  let y = x
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    x = Math.imul(x ^ code, FACTOR_A)
    y = Math.imul(y ^ code, FACTOR_B)
  }
  a = mixA(x ^ text.length)
  b = mixB(y ^ text.length)
}

const FACTOR_A = 0x9e3779b1
const FACTOR_B = 0x5f356495

const mixA = (hash: number): number => mix(hash, FACTOR_A)
const mixB = (hash: number): number => mix(hash, FACTOR_B)

function mix(hash: number, factor: number): number {
  const mixed = Math.imul(hash ^ (hash >>> 15), factor)
  return mixed ^ (mixed >>> 13)
}
