/** The unit of measure as a process, and the plan that asks it. */
import { fileURLToPath } from 'node:url'
import { startChild } from './child.ts'
import type { Plan } from './load/plan.ts'
import type { Target } from './measure.ts'

const ECHO_SERVER = fileURLToPath(new URL('./echo-server.ts', import.meta.url))
/** About what a ticket is. */
const BODY_BYTES = 260

export async function startUnit(): Promise<Target & { stop(): Promise<unknown> }> {
  const child = startChild(ECHO_SERVER, [])
  return { port: Number(new URL(await child.ready).port), pid: child.pid, stop: () => child.end('SIGKILL') }
}

export function echoPlan({ count, seconds, connections }: { count: number; seconds: number; connections: number }): Omit<Plan, 'port'> {
  return { connections, requests: { kind: 'echo', count, bodyBytes: BODY_BYTES }, pace: { kind: 'closed', seconds }, keepSold: false }
}
