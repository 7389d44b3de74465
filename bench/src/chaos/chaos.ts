/**
 * Is anything lost, doubled or told differently when the server is killed at any moment?
 *
 * Real processes: the product as `npm start` runs it, on one port and one data folder a round, killed with SIGKILL while it sells,
 * starts or stops, and right after its last answer; buyers who fight for the same seats and ask again with their keys until they are
 * answered. At the end of a round: every 201 is owned by its buyer with the same ticket, no seat has two owners, every sold seat has its
 * ticket in SQL, nothing is in SQL that nobody was told of, a seat refused as taken is owned by somebody, every replay of a key is its first
 * answer byte for byte, and ledger, log and SQL agree.
 *
 * The seed fixes wishes and moments of death, not how threads and processes interleave: a seed that failed is likely to fail again, no more.
 * SIGKILL leaves the page cache: whether fsync is asked for is not proven here.
 *
 * Faults that were planted one at a time in a copy of the server, and what told of them, all in the first or second round:
 * - the ledger answers, and writes its row 25 ms later: lost, other-answer, nobodys
 * - keys are ignored: other-answer, nobodys, twins
 * - keys are remembered in memory only: other-answer, nobodys
 * - of two at once under one key both act: twins, nobodys
 * - a replay is answered with a new purchaseTime: other-answer
 * - the log is not read on opening: sold-twice, two-tickets-for-one-seat, other-answer
 * - a checkpoint says how far it goes and leaves out the seats: ticket-without-sale
 * - one commit in fifty takes its first option without looking: sold-twice, two-owners, lost
 * - after a restart the relay begins with what is new: behind, sale-without-ticket, lost
 * - the projector marks entries as stored in one transaction and applies them in a second: sale-without-ticket, lost
 * - the projector leaves out one entry in a thousand: sale-without-ticket, lost
 */

import { freePort } from '../free-port.ts'
import { byKind } from './judge.ts'
import type { Deaths } from './killer.ts'
import { playRound } from './round.ts'

export type ChaosOptions = { rounds: number; seed: number; log: (line: string) => void }
export type ChaosResult = {
  rounds: number
  kills: Deaths
  answers: number
  seats: number
  refused: number
  replays: number
  differences: string[]
}

export async function chaos({ rounds, seed, log }: ChaosOptions): Promise<ChaosResult> {
  const total: ChaosResult = {
    rounds,
    kills: { starting: 0, serving: 0, stopping: 0 },
    answers: 0,
    seats: 0,
    refused: 0,
    replays: 0,
    differences: [],
  }
  // Kept for all rounds, as an operator's port is.
  const port = await freePort()
  for (let n = 1; n <= rounds; n++) {
    const { deaths, diary, seats, differences, seconds } = await playRound(port, seed + n - 1)
    total.kills.starting += deaths.starting
    total.kills.serving += deaths.serving
    total.kills.stopping += deaths.stopping
    total.answers += diary.bought.length
    total.seats += seats
    total.refused += diary.refused.length
    total.replays += diary.replays
    total.differences.push(...differences.map((difference) => `seed ${seed + n - 1}: ${difference}`))
    const late = diary.bought.filter(({ retries }) => retries > 0).length
    log(
      `round ${n}/${rounds}  seed ${seed + n - 1}  killed ${deaths.serving} serving, ${deaths.starting} starting, ${deaths.stopping} stopping  ` +
        `sold ${seats} seats in ${diary.bought.length} answers (${late} after a retry), refused ${diary.refused.length}  ` +
        `lost connections ${diary.lost}  replays ${diary.replays}  ${differences.length === 0 ? 'ok' : `${differences.length} DIFFERENCES`}  ${seconds.toFixed(1)} s`,
    )
    for (const line of byKind(differences)) log(`  ${line}`)
  }
  return total
}
