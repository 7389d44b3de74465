/** Opens the roles of a process, waits for servers that are away, and knows how well each role is. */
import { setTimeout as wait } from 'node:timers/promises'
import { reasonOf } from './checks.ts'
import type { Report } from './report.ts'
import type { Check, RoleName, Running } from './roles.ts'

const AGAIN_MS = 1000

export type Opening = {
  /** Resolves when every role is open, or the process stops. */
  open(): Promise<void>
  checks(): Promise<Check[]>
}

/** `isFatal`: what cannot be opened is a file, which nobody else will mend; a server that is away is waited for. */
export function openRoles(
  running: ReadonlyMap<RoleName, Running>,
  { isFatal, stopping, report }: { isFatal: boolean; stopping: AbortSignal; report: Report },
): Opening {
  const closed = new Map<Running, string>()

  async function open(role: Running): Promise<boolean> {
    try {
      await role.open?.()
      closed.delete(role)
      return true
    } catch (error) {
      if (isFatal) throw error
      if (!stopping.aborted && closed.get(role) !== reasonOf(error)) report.failed('cannot open yet', error)
      closed.set(role, reasonOf(error))
      return false
    }
  }

  async function keepOpening(role: Running): Promise<void> {
    while (!stopping.aborted) {
      await wait(AGAIN_MS, undefined, { signal: stopping }).catch(() => undefined)
      if (stopping.aborted || (await open(role))) return
    }
  }

  async function checksOf(name: RoleName, role: Running): Promise<Check[]> {
    const why = closed.get(role)
    if (why !== undefined) return [{ name, status: 'failing', detail: why }]
    try {
      return (await role.checks?.()) ?? []
    } catch (error) {
      return [{ name, status: 'failing', detail: reasonOf(error) }]
    }
  }

  return {
    async open() {
      for (const role of running.values()) if (role.open) closed.set(role, 'It is being opened.')
      const away: Running[] = []
      for (const role of running.values()) if (!stopping.aborted && !(await open(role))) away.push(role)
      await Promise.all(away.map(keepOpening))
    },
    checks: async () => (await Promise.all([...running].map(([name, role]) => checksOf(name, role)))).flat(),
  }
}
