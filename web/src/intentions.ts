/**
 * One Idempotency-Key an intention (the button and what it sends), kept until an answer came: a second press, a reload or "back" in
 * between sends the same key, and the server does the thing once.
 */
import { recall, remember, rememberedKeys } from './session-store.ts'

const prefix = 'onsale.intention.'

export function keyOf(button: string, body: unknown): string {
  const name = nameOf(button, body)
  const known = recall<string>(name)
  if (known) return known
  const key = newKey()
  remember(name, key)
  return key
}

export function answered(button: string, body: unknown): void {
  remember(nameOf(button, body), undefined)
}

/** What was pressed before a reload, and nobody knows how it ended. */
export function unanswered<T extends object>(isMine: (body: T) => boolean): { button: string; body: T } | null {
  for (const name of rememberedKeys(prefix)) {
    const [, button = '', json = ''] = /^(\S+) (.*)$/s.exec(name.slice(prefix.length)) ?? []
    const body = JSON.parse(json) as T
    if (isMine(body)) return { button, body }
  }
  return null
}

function nameOf(button: string, body: unknown): string {
  return `${prefix}${button} ${JSON.stringify(body)}`
}

/** Not randomUUID: browsers have it on https and localhost only, and a box office may be tried out in a plain network. */
function newKey(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}
