/** projector: log entries from the bus -> SQL, in a thread of its own so that buyers do not wait for it. */

import { setInterval } from 'node:timers'
import { Worker } from 'node:worker_threads'
import type { Bus } from '../bus/bus.ts'
import type { Report } from '../report.ts'
import type { StartRole } from '../roles.ts'
import type { PoolUse } from '../sql/sql.ts'
import { type Tracing, traceDelivery } from '../telemetry/tracing.ts'
import type { Projected } from './projector.ts'
import type { ProjectorAnswer, ProjectorRequest } from './projector.worker.ts'

/** How often dead letters are counted: an alarm rings within a minute. */
const COUNT_MS = 15_000
const GROUP = 'sql'

export const startProjectorRole: StartRole = async ({ config, adapters: { bus }, report }) => {
  const worker = new Worker(new URL('./projector.worker.ts', import.meta.url), {
    workerData: { databaseUrl: config.databaseUrl },
    resourceLimits: { maxYoungGenerationSizeMb: 48 },
  })
  let waiting: { resolve: (projected?: Projected) => void; reject: (error: Error) => void } | undefined
  let broken: Error | undefined
  let pool: PoolUse | undefined
  report.pool('projector', () => pool)
  worker.on('message', (answer: ProjectorAnswer) => {
    const { resolve, reject } = waiting ?? {}
    waiting = undefined
    if ('error' in answer) return reject?.(Object.assign(new Error(answer.error.message), answer.error))
    if ('projected' in answer) {
      report.projected(answer.projected)
      pool = answer.pool
    }
    resolve?.('projected' in answer ? answer.projected : undefined)
  })
  const fail = (error: Error): void => {
    broken ??= error
    waiting?.reject(error)
    waiting = undefined
  }
  let isStopping = false
  /** Without the thread nothing becomes visible: better dead and started anew than selling blindly. */
  const die = (error: Error): void => {
    fail(error)
    if (!isStopping)
      setImmediate(() => {
        throw error
      })
  }
  worker.on('error', die)
  worker.on('exit', (code) => die(new Error(`The projector's thread ended (${code}).`)))

  const ask = (message: ProjectorRequest): Promise<Projected | undefined> =>
    broken
      ? Promise.reject(broken)
      : new Promise((resolve, reject) => {
          waiting = { resolve, reject }
          worker.postMessage(message)
        })
  // One text: cloning a list of them costs both threads more.
  const project = (bodies: string[]): Promise<Projected | undefined> => ask(bodies.join('\n'))
  const subscription = await bus.subscribe(
    GROUP,
    report.tracing ? tracedAsk(report.tracing) : async (bodies) => void (await project(bodies)),
  )
  const counting = countDeadLetters(bus, report)

  function tracedAsk(tracing: Tracing): (bodies: string[]) => Promise<void> {
    const scheme = config.databaseUrl.slice(0, config.databaseUrl.indexOf(':'))
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
  return {
    async stop() {
      isStopping = true
      clearInterval(counting)
      await subscription[Symbol.asyncDispose]()
      await ask({ do: 'close' }).catch(() => undefined)
      await worker.terminate()
    },
    checks: async () => [{ name: 'projector', status: broken ? 'failing' : 'ok', detail: broken?.message ?? 'its thread runs' }],
  }
}

/** At once, and then again and again. */
function countDeadLetters(bus: Bus, report: Report): NodeJS.Timeout {
  const count = (): void =>
    void bus.deadLetters?.count(GROUP).then(
      (letters) => report.deadLetters(GROUP, letters),
      (error: unknown) => report.failed('counting dead letters', error),
    )
  count()
  return setInterval(count, COUNT_MS).unref()
}
