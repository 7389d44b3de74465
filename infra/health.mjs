// Does the process in this container live? It asks what the load balancer asks; whether the process can work is /health/ready.
import { readConfig } from '../server/src/config.ts'
import topology from '../topology.json' with { type: 'json' }

/** Under Docker's own timeout, so that the reason is told. */
const TIMEOUT_MS = 2000

const { healthPath } = topology.image
try {
  const { status } = await fetch(`http://127.0.0.1:${readConfig().port}${healthPath}`, { signal: AbortSignal.timeout(TIMEOUT_MS) })
  if (status !== 200) throw new Error(`the server answers ${status}`)
} catch (error) {
  console.error(error.cause?.message ?? error.message)
  process.exitCode = 1
}
