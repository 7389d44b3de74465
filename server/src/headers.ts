/** What every answer carries. */
import type { IncomingMessage } from 'node:http'

/** The API needs no policy for scripts; pages bring their own. */
export const CONSTANT_HEADERS = { 'x-content-type-options': 'nosniff', 'referrer-policy': 'strict-origin-when-cross-origin' } as const

let counter = 0
const boot = Date.now().toString(36)

/** The client's id when it is sane, else one of ours. */
export function requestIdOf({ headers }: Pick<IncomingMessage, 'headers'>): string {
  const given = headers['x-request-id']
  return typeof given === 'string' && /^[\w.:/+=-]{1,128}$/.test(given) ? given : `${boot}-${(++counter).toString(36)}`
}
