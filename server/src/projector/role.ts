/** projector: log entries from the bus -> SQL, in a thread of its own so that buyers do not wait for it. */
import { setInterval } from 'node:timers'
import type { Bus } from '../bus/bus.ts'
import { check, checkDatabase } from '../checks.ts'
import type { Report } from '../report.ts'
import type { StartRole } from '../roles.ts'
import { type Tracing, traceDelivery } from '../telemetry/tracing.ts'
import { type ProjectorThread, startThread } from './thread.ts'

/** How often dead letters are counted: an alarm rings within a minute. */
const COUNT_MS = 15_000
const GROUP = 'sql'

export const startProjectorRole: StartRole = async ({ config, adapters, prepare, report }) => {
  let thread: ProjectorThread | undefined
  let subscription: AsyncDisposable | undefined
  let counting: NodeJS.Timeout | undefined
  return {
    async open() {
      await prepare()
      const bus = await adapters.bus()
      thread ??= startThread(config.databaseUrl, report)
      const { project } = thread
      const { tracing } = report
      subscription = await bus.subscribe(
        GROUP,
        tracing ? traced(tracing, config.databaseUrl, project) : async (bodies) => void (await project(bodies)),
      )
      counting = countDeadLetters(bus, report)
    },
    async checks() {
      const runs = await check('projector', 'failing', async () => {
        const fault = thread?.fault()
        if (fault) throw fault
        return 'its thread runs'
      })
      return [runs, ...(await checkDatabase(await adapters.sql(), 'database', 'failing'))]
    },
    /** The batch under way is the last; what was not taken then comes to another member of the group. */
    async stop() {
      clearInterval(counting)
      await subscription?.[Symbol.asyncDispose]()
      await thread?.stop()
    },
  }
}

function countDeadLetters(bus: Bus, report: Report): NodeJS.Timeout {
  const count = (): void =>
    void bus.deadLetters?.count(GROUP).then(
      (letters) => report.deadLetters(GROUP, letters),
      (error: unknown) => report.failed('counting dead letters', error),
    )
  count()
  return setInterval(count, COUNT_MS).unref()
}

function traced(tracing: Tracing, databaseUrl: string, project: ProjectorThread['project']): (bodies: string[]) => Promise<void> {
  const scheme = databaseUrl.slice(0, databaseUrl.indexOf(':'))
  // As OpenTelemetry names it.
  const database = scheme === 'postgres' ? 'postgresql' : scheme
  return async (bodies) => {
    const begun = { bodies, database, fromMs: Date.now() }
    try {
      const projected = await project(bodies)
      traceDelivery(tracing, { ...begun, ...projected })
    } catch (error) {
      traceDelivery(tracing, { ...begun, error })
      throw error
    }
  }
}
