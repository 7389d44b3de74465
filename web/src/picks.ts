/** The seats I chose, over all zones of an event: mine alone, so they live in sessionStorage and not in the URL. */
import { recall, remember } from './session-store.ts'

export type Pick = { zoneId: number; seat: number }
export type Picks = {
  subscribe: (changed: () => void) => () => void
  get: () => readonly Pick[]
  lost: () => readonly Pick[]
  has: (pick: Pick) => boolean
  add: (picks: readonly Pick[]) => void
  remove: (picks: readonly Pick[]) => void
  /** Somebody else has it now: out of the list, and shown as lost for eight seconds. */
  lose: (pick: Pick) => void
}

const lostForMs = 8_000
const known = new Map<string, Picks>()

export function picksOf(eventId: string): Picks {
  const picks = known.get(eventId) ?? openPicks(`onsale.picks.${eventId}`)
  known.set(eventId, picks)
  return picks
}

const same = (one: Pick, other: Pick) => one.zoneId === other.zoneId && one.seat === other.seat

function openPicks(key: string): Picks {
  const listeners = new Set<() => void>()
  let chosen: readonly Pick[] = recall<Pick[]>(key) ?? []
  let lost: readonly Pick[] = []

  function tell(): void {
    remember(key, chosen.length > 0 ? chosen : undefined)
    for (const listener of listeners) listener()
  }
  const without = (list: readonly Pick[], gone: readonly Pick[]) => list.filter((pick) => !gone.some((other) => same(pick, other)))

  return {
    subscribe: (changed) => {
      listeners.add(changed)
      return () => listeners.delete(changed)
    },
    get: () => chosen,
    lost: () => lost,
    has: (pick) => chosen.some((other) => same(pick, other)),
    add: (picks) => {
      chosen = [...without(chosen, picks), ...picks]
      tell()
    },
    remove: (picks) => {
      chosen = without(chosen, picks)
      tell()
    },
    lose: (pick) => {
      chosen = without(chosen, [pick])
      lost = [...without(lost, [pick]), pick]
      tell()
      setTimeout(() => {
        lost = without(lost, [pick])
        tell()
      }, lostForMs)
    },
  }
}
