// Changes of seats, at most once per animation frame however many arrive: the first at once, what follows within the frame together.
// One subscription for the drawing and the grid.

export type Subscribe = (changed: (seats: readonly number[] | null) => void) => () => void
export type SeatFeed = { readonly listen: Subscribe }

export function createSeatFeed(subscribe: Subscribe): SeatFeed {
  const listeners = new Set<(seats: readonly number[] | null) => void>()
  let pending: Set<number> | null = new Set()
  let frame = 0
  let unsubscribe: (() => void) | undefined
  const flush = () => {
    frame = 0
    if (pending?.size === 0) return
    const changed = pending === null ? null : [...pending]
    pending = new Set()
    frame = requestAnimationFrame(flush)
    for (const listener of listeners) listener(changed)
  }
  const collect = (seats: readonly number[] | null) => {
    if (seats === null) pending = null
    else if (pending) for (const seat of seats) pending.add(seat)
    if (frame === 0) flush()
  }
  return {
    listen(listener) {
      listeners.add(listener)
      unsubscribe ??= subscribe(collect)
      return () => {
        listeners.delete(listener)
        if (listeners.size > 0) return
        cancelAnimationFrame(frame)
        frame = 0
        pending = new Set()
        unsubscribe?.()
        unsubscribe = undefined
      }
    },
  }
}
