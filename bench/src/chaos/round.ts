/** One round: fresh data, buyers who never stop asking, a server that dies many times, then the judgement. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { embeddedBooks, ticketsOf } from '../books.ts'
import { randomOf } from '../load/wishes.ts'
import { type Buyer, createBuyer, type Diary, newDiary } from './buyer.ts'
import { judge } from './judge.ts'
import { createHost, type Deaths, type Host } from './killer.ts'
import { HOUSES } from './wishes.ts'

const BUYERS = 16
/** Between two wishes at most: so that a round does not sell everything before the first kill. */
const THINK_MS = 8
/** Kills while buyers are buying: 1 to 3. */
const MOST_KILLS = 3
const CAUGHT_UP_MS = 15_000

export type Round = { deaths: Deaths; diary: Diary; seats: number; differences: string[]; seconds: number }

export async function playRound(port: number, seed: number): Promise<Round> {
  const startedMs = performance.now()
  const random = randomOf(seed)
  const dataDir = await mkdtemp(join(tmpdir(), 'onsale-chaos-'))
  const host = createHost(dataDir, port, random)
  const diary = newDiary()
  const buyers = Array.from({ length: BUYERS }, (_, i) => {
    const moods = randomOf(seed * 1000 + i)
    return createBuyer({ ports: [port], random: moods, diary, rest: () => moods() * THINK_MS, houses: HOUSES })
  })
  try {
    await sellWhileItDies(host, buyers, diary, 1 + Math.floor(random() * MOST_KILLS))
    await dieAndRemember(host, buyers, diary)
    await catchUp(port, diary)
    if (random() < 0.5) await host.kill()
    else {
      const code = await host.stop()
      if (code !== 0) diary.differences.push(`exit-code  SIGTERM ended the server with ${code}`)
    }
    return { ...(await judge(embeddedBooks(dataDir), diary)), deaths: host.deaths, diary, seconds: secondsSince(startedMs) }
  } catch (error) {
    // A server that does not come up or does not answer is a finding like any other; the next round starts afresh.
    const differences = [...diary.differences, `round-broke-off  ${error instanceof Error ? error.message : String(error)}`]
    return { deaths: host.deaths, diary, seats: 0, differences, seconds: secondsSince(startedMs) }
  } finally {
    await host.kill()
    for (const buyer of buyers) buyer.close()
    await rm(dataDir, { recursive: true, force: true })
  }
}

const secondsSince = (startedMs: number): number => (performance.now() - startedMs) / 1000

async function sellWhileItDies(host: Host, buyers: readonly Buyer[], diary: Diary, kills: number): Promise<void> {
  let open = true
  const shopping = Promise.all(buyers.map((buyer) => buyer.shop(() => open)))
  shopping.catch(() => undefined) // awaited below, after the server is up for good
  try {
    await host.haunt(kills, () => diary.bought.length + diary.refused.length)
  } finally {
    open = false
  }
  await shopping
}

/** Once more, right after the last answer; then every buyer asks again for everything. */
async function dieAndRemember(host: Host, buyers: readonly Buyer[], diary: Diary): Promise<void> {
  await host.kill()
  host.deaths.serving++
  await host.start()
  const all = [...diary.bought]
  await Promise.all(
    buyers.map(async (buyer, i) => {
      for (let n = i; n < all.length; n += buyers.length) await buyer.replay(all[n] as (typeof all)[number])
    }),
  )
}

/** Until SQL counts what was sold, or not: the audit names what is missing. */
async function catchUp(port: number, diary: Diary): Promise<void> {
  const sold = diary.bought.flatMap(({ body }) => ticketsOf(body))
  const untilMs = performance.now() + CAUGHT_UP_MS
  for (const { eventId } of HOUSES) {
    const expected = sold.filter((ticket) => ticket.eventId === eventId).length
    for (;;) {
      const answer = await fetch(`http://127.0.0.1:${port}/query/api/v1/tickets/count/${eventId}`)
      const { count } = (await answer.json()) as { count: number }
      if (count === expected || performance.now() > untilMs) break
      await wait(20)
    }
  }
}
