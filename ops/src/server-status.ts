/** What running servers say of themselves: which roles each serves, and how well they are. */
import topology from '../../topology.json' with { type: 'json' }

const ANSWER_MS = 5000

type Check = { name: string; status: string; detail: string }
/** `roles`: those that have a health path of their own and answer there. */
export type Server = { url: string; status: string; version: string | null; roles: string[]; checks: Check[] }

/** One that does not answer is told like one that is not ready. */
export async function serverStatus(url: string): Promise<Server> {
  const { status = 'no answer', checks = [] } = await askedReady(url).catch((error: Error) => {
    return { status: 'no answer', checks: [{ name: 'server', status: 'failing', detail: reasonOf(error) }] }
  })
  if (status === 'no answer') return { url, status, version: null, roles: [], checks }
  const { version = null } = await asked<{ version?: string }>(url, '/health').catch(() => ({ version: null }))
  return { url, status, version, roles: await rolesOf(url), checks }
}

async function askedReady(url: string): Promise<{ status?: string; checks?: Check[] }> {
  const health = await asked<{ status?: string; checks?: Check[] }>(url, '/health/ready')
  if (!health.status || !health.checks) throw new Error('answers, but not as Onsale does')
  return health
}

async function rolesOf(url: string): Promise<string[]> {
  const found = await Promise.all(
    Object.entries(topology.roles).map(async ([role, { healthPath }]) => {
      const { service } = await asked<{ service?: string }>(url, healthPath).catch(() => ({ service: undefined }))
      return service === role ? [role] : []
    }),
  )
  return found.flat()
}

/** Also what comes with 503. */
async function asked<T>(url: string, path: string): Promise<T> {
  const answer = await fetch(new URL(path, url), { signal: AbortSignal.timeout(ANSWER_MS) })
  return (await answer.json()) as T
}

const reasonOf = (error: Error): string => (error.cause instanceof Error ? error.cause.message : error.message)
