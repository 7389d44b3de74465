/** The load generator's process: a plan arrives, all is made ready, `go` starts the clock, the report goes back. */
import { createFollower } from './follow.ts'
import { closedLoop, openLoop } from './paces.ts'
import type { Plan, Report } from './plan.ts'
import { openPool } from './pool.ts'
import { prepare } from './requests.ts'
import { createTally } from './tally.ts'

export type Told = { told: 'ready' } | { told: 'done'; report: Report } | { told: 'failed'; error: string }

let go: () => void = () => {}
const tell = (told: Told): void => void process.send?.(told)

process.on('disconnect', () => process.exit(0))
process.on('message', (message: Plan | 'go') => {
  if (message === 'go') go()
  else run(message).catch((error: unknown) => tell({ told: 'failed', error: error instanceof Error ? (error.stack ?? '') : String(error) }))
})

async function run(plan: Plan): Promise<void> {
  const { requests, pace, port, followEvery, followPort = port } = plan
  const bytesOf = prepare(requests, port)
  const pool = await openPool(plan)
  const follower = await createFollower(followPort, followEvery)
  const started = new Promise<void>((resolve) => {
    go = resolve
  })
  tell({ told: 'ready' })
  await started
  const cpu = process.cpuUsage()
  const tally = createTally(requests.count, plan.keepSold)
  const all = { pool, tally, count: requests.count, bytesOf, onSold: follower.sold }
  const taken = pace.kind === 'closed' ? await closedLoop(all, pace.seconds) : await openLoop(all, pace.perSecond, pace.lateMs)
  const used = process.cpuUsage(cpu)
  const { lagsMs, lost } = await follower.end()
  pool.close()
  tell({ told: 'done', report: { ...tally.report(taken), lagsMs, lost, cpuUs: used.user + used.system } })
}
