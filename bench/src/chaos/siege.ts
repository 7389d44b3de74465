/**
 * The same question as chaos.ts, of many processes on real engines: is anything lost, doubled or told differently, whatever happens?
 *
 * Two purchase processes, two projectors and one for queries on Redis (appendfsync always), Kafka or SNS + SQS, PostgreSQL or MariaDB, each
 * started again when it dies. Buyers go to both purchase processes, and with every retry to the other one. Meanwhile a plan from the seed
 * strikes (faults.ts), in two of three rounds a process repeats all messages out of order (repeater.ts), and the wires to the engines lead
 * through a bad network (proxy.ts). In the end everything runs, the read side has caught up, and the judgement is that of chaos.ts.
 *
 * The seed fixes wishes and plan, not how processes interleave.
 *
 * Faults that were planted one at a time in a copy of the server, with the plan that was played and what told of them:
 * - one wish in ten is sold without its key (clock): twins, other-answer
 * - each process knows the keys of its own sales only (kill-purchase): other-answer, nobodys, twins, not-visible, taken-by-nobody
 * - a question to Redis that is asked again gets a new number (eight times swallow-ledger): two-tickets-for-one-seat, changed,
 *   sale-without-ticket, all in the house of strangers: with a key the repeat is found out anyway
 * - the relay does not publish again (behind, behind, crash of the emulator of SNS and SQS): stuck. Not seen while the purchase processes were
 *   killed before the read side had to catch up: a relay that starts publishes what another forgot
 * - the log is trimmed as far as it was published (behind, crash-bus): stuck, and nothing more is sold, as ledger and read side are torn apart
 * - the projector stores entries in one transaction and applies them in a second (kill-projector, cut-database): sale-without-ticket, lost,
 *   counter, not-visible
 * - what Redis has not answered within 150 ms is answered with success (swallow-ledger, crash, cut and slow-ledger): two-owners, lost, nobodys,
 *   changed, taken-by-nobody
 * Not found in one round (freeze, kill-projector, freeze): two projectors that do not lock the row of their shard.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Diary, newDiary } from './buyer.ts'
import { byKind } from './judge.ts'
import { type Engines, type Servers, serversOf } from './servers.ts'
import { underSiege } from './siege-round.ts'

export type SiegeOptions = {
  engines: Engines
  servers: Servers
  rounds: number
  seed: number
  /** Faults a round at most, of its seed; or the very faults. */
  faults: number | readonly string[]
  /** How many entries the read side falls behind when it is made to. */
  behind: number
  log: (line: string) => void
}
export type SiegeResult = {
  done: Map<string, number>
  answers: number
  seats: number
  refused: number
  replays: number
  differences: string[]
}

export async function siege({ rounds, seed, log, ...options }: SiegeOptions): Promise<SiegeResult> {
  const total: SiegeResult = { done: new Map(), answers: 0, seats: 0, refused: 0, replays: 0, differences: [] }
  for (let n = 0; n < rounds; n++) {
    const { diary, done, seats, differences, seconds, folder } = await playSiege({ ...options, seed: seed + n })
    for (const [what, times] of done) total.done.set(what, (total.done.get(what) ?? 0) + times)
    total.answers += diary.bought.length
    total.seats += seats
    total.refused += diary.refused.length
    total.replays += diary.replays
    total.differences.push(...differences.map((difference) => `seed ${seed + n}: ${difference}`))
    const late = diary.bought.filter(({ retries }) => retries > 0).length
    const verdict = differences.length === 0 ? 'ok' : `${differences.length} DIFFERENCES, logs in ${folder}`
    log(
      `round ${n + 1}/${rounds}  seed ${seed + n}  sold ${seats} seats in ${diary.bought.length} answers (${late} after a retry), refused ${diary.refused.length}  ` +
        `lost connections ${diary.lost}, 503 ${diary.told503}, 500 ${diary.told500}  replays ${diary.replays}  ${verdict}  ${seconds.toFixed(1)} s`,
    )
    log(`  ${countsText(done)}`)
    for (const line of byKind(differences)) log(`  ${line}`)
  }
  return total
}

export const countsText = (done: ReadonlyMap<string, number>): string =>
  [...done].map(([what, times]) => (times === 1 ? what : `${what} ${times}x`)).join(', ') || 'nothing was done'

type Round = { diary: Diary; done: Map<string, number>; seats: number; differences: string[]; seconds: number; folder: string }

async function playSiege(options: Omit<SiegeOptions, 'rounds' | 'log'>): Promise<Round> {
  const { engines, servers } = options
  const startedMs = performance.now()
  const folder = await mkdtemp(join(tmpdir(), 'onsale-siege-'))
  const diary = newDiary()
  const done = new Map<string, number>()
  let seats = 0
  let differences: string[]
  const ending: (() => Promise<unknown>)[] = []
  try {
    for (const name of serversOf(engines)) await servers.up(name)
    const place = await servers.newPlace(engines)
    ending.push(place.remove)
    const found = await underSiege(place, { ...options, folder, diary, done, ending })
    seats = found.seats
    differences = found.differences
  } catch (error) {
    differences = [...diary.differences, `round-broke-off  ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`]
  }
  // A server that is down cannot give its database back; the folder of all servers goes in the end.
  for (const end of ending.reverse()) await end().catch(() => undefined)
  if (differences.length === 0) await rm(folder, { recursive: true, force: true })
  return { diary, done, seats, differences, seconds: (performance.now() - startedMs) / 1000, folder }
}
