/**
 * The same question as chaos.ts, of many processes on real engines: is anything lost, doubled or told differently, whatever happens?
 *
 * Two purchase processes, two projectors and one for queries on Redis (appendfsync always), Kafka or SNS + SQS, PostgreSQL or MariaDB, each
 * started again when it dies. Buyers go to both purchase processes, and with every retry to the other one. Meanwhile a plan from the seed
 * strikes (faults.ts), in two of three rounds a process repeats all messages out of order (repeater.ts), and the wires to the engines lead
 * through a bad network (proxy.ts). In the end everything runs, the read side has caught up, and the judgement is that of chaos.ts. Ten rounds
 * share engines and processes (camp.ts).
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
 * - two projectors that do not lock the row of their shard (slow-database three times, SNS + SQS): the read side runs ahead of the log, and so
 *   nothing more is sold; on Kafka (ghost): two-tickets-for-one-seat, gap, lost, counter, owner. A member that is only frozen or killed is in the
 *   midst of nothing, and transactions of 10 ms hardly ever meet
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Diary, newDiary } from './buyer.ts'
import { type Camp, pitchCamp } from './camp.ts'
import { byKind } from './judge.ts'
import type { Engines, Servers } from './servers.ts'
import { type Finding, playRound, type RoundOptions } from './siege-round.ts'
import { housesOf } from './wishes.ts'

/** The audit looks at all that a camp has sold: at so many rounds it costs as much as the start of another camp. */
const ROUNDS_A_CAMP = 10

export type SiegeOptions = Pick<RoundOptions, 'faults' | 'behind'> & {
  engines: Engines
  servers: Servers
  rounds: number
  seed: number
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

export async function siege({ engines, servers, rounds, seed, log, ...options }: SiegeOptions): Promise<SiegeResult> {
  const total: SiegeResult = { done: new Map(), answers: 0, seats: 0, refused: 0, replays: 0, differences: [] }
  for (let first = 0; first < rounds; ) {
    const folder = await mkdtemp(join(tmpdir(), 'onsale-siege-'))
    const last = Math.min(first + ROUNDS_A_CAMP, rounds) - 1
    let camp: Camp | undefined
    let isClean = true
    while (isClean && first <= last) {
      const n = first++
      const played = await playSiege(async () => (camp ??= await pitchCamp(folder, engines, servers)), {
        ...options,
        seed: seed + n,
        houses: housesOf(n + 1),
        isLast: n === last,
      })
      isClean = played.differences.length === 0
      addUp(total, seed + n, played)
      log(roundText(`round ${n + 1}/${rounds}  seed ${seed + n}`, played, folder))
    }
    await camp?.strike()
    if (isClean) await rm(folder, { recursive: true, force: true })
  }
  return total
}

type Played = Finding & { diary: Diary; done: Map<string, number>; seconds: number }

async function playSiege(camp: () => Promise<Camp>, round: Omit<RoundOptions, 'diary' | 'done'>): Promise<Played> {
  const startedMs = performance.now()
  const diary = newDiary(round.houses.strangers.eventId)
  const done = new Map<string, number>()
  const secondsSince = (): number => (performance.now() - startedMs) / 1000
  try {
    return { diary, done, ...(await playRound(await camp(), { ...round, diary, done })), seconds: secondsSince() }
  } catch (error) {
    const reason = error instanceof Error ? (error.stack ?? error.message) : String(error)
    const differences = [...diary.differences, `round-broke-off  ${reason}`]
    return { diary, done, seats: 0, differences, laps: [], seconds: secondsSince() }
  }
}

function addUp(total: SiegeResult, seed: number, { diary, done, seats, differences }: Played): void {
  for (const [what, times] of done) total.done.set(what, (total.done.get(what) ?? 0) + times)
  total.answers += diary.bought.length
  total.seats += seats
  total.refused += diary.refused.length
  total.replays += diary.replays
  total.differences.push(...differences.map((difference) => `seed ${seed}: ${difference}`))
}

function roundText(name: string, { diary, done, seats, differences, seconds, laps }: Played, folder: string): string {
  const { bought, refused, lost, told503, told500, replays } = diary
  const late = bought.filter(({ retries }) => retries > 0).length
  const verdict = differences.length === 0 ? 'ok' : `${differences.length} DIFFERENCES, logs in ${folder}`
  return [
    `${name}  sold ${seats} seats in ${bought.length} answers (${late} after a retry), refused ${refused.length}  ` +
      `lost connections ${lost}, 503 ${told503}, 500 ${told500}  replays ${replays}  ${verdict}  ${seconds.toFixed(1)} s (${laps.join(', ')})`,
    countsText(done),
    ...byKind(differences),
  ].join('\n  ')
}

export const countsText = (done: ReadonlyMap<string, number>): string =>
  [...done].map(([what, times]) => (times === 1 ? what : `${what} ${times}x`)).join(', ') || 'nothing was done'
