/** Who is asking. Accounts come later: so far everybody is one caller, and no cookie means anything. */
import type { IncomingHttpHeaders } from 'node:http'
import { Refusal } from '@onsale/contract/refusals'

/** The owner of idempotency keys. */
export const ANYONE = 'anyone'

/** A request that changes something and carries a cookie must come from our own pages. */
export function refuseForeignOrigin(headers: IncomingHttpHeaders): void {
  if (headers.cookie === undefined) return
  const site = headers['sec-fetch-site']
  if (site === 'same-origin' || site === 'none') return
  if (site === undefined && headers.origin !== undefined && URL.parse(headers.origin)?.host === headers.host) return
  throw new Refusal('bad-origin', 'A request that changes something and carries a cookie must come from our own pages.')
}
