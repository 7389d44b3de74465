/** Reads after writes: the last positions that the server gave go out as `Onsale-After`, so that no answer is older than my own act. */
import { recall, remember } from './session-store.ts'

type Position = { token: string; at: number }
const key = 'onsale.positions'
const most = 4
const lifeMs = 10_000

export function hearPosition(token: string | null): void {
  if (token) remember(key, [...fresh(), { token, at: Date.now() }].slice(-most))
}

export function after(): Record<string, string> {
  const tokens = fresh().map((position) => position.token)
  return tokens.length > 0 ? { 'Onsale-After': tokens.join(',') } : {}
}

function fresh(): Position[] {
  return (recall<Position[]>(key) ?? []).filter((position) => Date.now() - position.at < lifeMs)
}
