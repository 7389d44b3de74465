/**
 * What does it cost when twelve instances all want the hottest rows of one zone?
 *
 * Each instance is what a purchase process has of seats: its own connections to Redis, its own beliefs, its own commands. In one run all ask
 * for the best pair of one zone until nearly every seat is sold; in the other each asks for the best pair of a zone of its own, so many as
 * before. CPU is this process and Redis together, for each answer. Afterwards seats and log are compared with the answers.
 */
import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Refusal } from '@onsale/contract/refusals'
import { openLedger, openSql } from '@onsale/server/adapters'
import { type Catalogue, openCatalogue } from '@onsale/server/catalogue/catalogue'
import { importFolder, openNewEvents } from '@onsale/server/catalogue/import'
import { FREE, type Ledger, zoneKey } from '@onsale/server/ledger/ledger'
import { createSeatCommands, type SeatCommands } from '@onsale/server/seats/commands'
import { migrate } from '@onsale/server/sql/migrate'
import { cpuOfAll, startEngines } from './engines-up.ts'
import { type House, houseOf, seatsOf, writeHouses } from './house.ts'
import { median, short } from './numbers.ts'
import { settle } from './options.ts'
import type { Benchmark } from './result.ts'

const INSTANCES = 12
/** Buyers of each instance at a time. */
const BUYERS = 16
const PAIR = 2
/** Of a zone's pairs; the last seats lie apart. */
const SOLD_SHARE = 0.95
const HOW = ['contended', 'apart'] as const
type How = (typeof HOW)[number]

type Stage = { instances: SeatCommands[]; ledger: Ledger; serverPids: number[] }
type Run = { how: How; cpuUs: number; answers: number; refused: number; sold: number }

export const hotRows: Benchmark = async (options, progress) => {
  const { repeats } = settle(options, { repeats: [10, 1] })
  const houses = HOW.map((how) => Array.from({ length: repeats + 1 }, (_, i) => zonesOf(how, i)))
  const up = await startEngines(['redis'])
  const home = mkdtempSync(join(tmpdir(), 'onsale-bench-'))
  const url = `${up.env.REDIS_URL}?prefix=hot`
  const ledgers = await Promise.all(Array.from({ length: INSTANCES }, () => openLedger(url)))
  try {
    const catalogue = await catalogueOf(home, houses.flat(), ledgers[0] as Ledger)
    const instances = ledgers.map((ledger) => createSeatCommands(ledger, catalogue))
    const stage = { instances, ledger: ledgers[0] as Ledger, serverPids: up.pids('redis') }
    const runs: Run[] = []
    const differences: string[] = []
    // The first of each warms up.
    for (let i = 0; i <= repeats; i++)
      for (const [at, how] of HOW.entries()) {
        const house = (houses[at] as House[])[i] as House
        const run = await rush(stage, how, house)
        if (options.corrupt) await ask(instances[0] as SeatCommands, { ...house, zoneId: 2, quantity: 1 })
        differences.push(...(await audit(stage.ledger, house, run)))
        if (i > 0) runs.push(run)
        progress(`${i}/${repeats} ${how}: ${short(run.cpuUs)} us an answer, ${run.refused} refused`)
      }
    return { ...summary(runs), differences, audited: `seats of ${houses.flat().length} houses against the answers` }
  } finally {
    for (const ledger of ledgers) await ledger.close()
    rmSync(home, { recursive: true })
    await up.remove()
  }
}

/** The same number of seats: all in one zone, or a twelfth in each zone. */
const zonesOf = (how: How, i: number): House => ({ ...houseOf(INSTANCES * 2500, `${how === 'apart' ? 'Apart' : 'Hot'}${i}`) })

async function catalogueOf(home: string, houses: readonly House[], ledger: Ledger): Promise<Catalogue> {
  await writeHouses(join(home, 'samples'), houses)
  const sql = await openSql(`sqlite:${join(home, 'read.db')}`)
  await migrate(sql)
  await importFolder(sql, join(home, 'samples'), Date.now())
  await openNewEvents(sql, ledger)
  return openCatalogue(sql)
}

async function rush({ instances, serverPids }: Stage, how: How, house: House): Promise<Run> {
  const pairs = Math.floor(((seatsOf(house) / house.zones / PAIR) * SOLD_SHARE) / INSTANCES)
  const before = { ours: process.cpuUsage(), server: cpuOfAll(serverPids) }
  const tally = { answers: 0, refused: 0, sold: 0 }
  await Promise.all(
    instances.flatMap((commands, instance) => {
      let left = pairs
      const zoneId = how === 'contended' ? 1 : instance + 1
      return Array.from({ length: BUYERS }, async () => {
        while (left-- > 0) {
          const sold = await ask(commands, { venueId: house.venueId, eventId: house.eventId, zoneId, quantity: PAIR })
          tally.answers++
          tally.sold += sold
          if (sold === 0) tally.refused++
        }
      })
    }),
  )
  const { user, system } = process.cpuUsage(before.ours)
  return { how, cpuUs: (user + system + cpuOfAll(serverPids) - before.server) / tally.answers, ...tally }
}

type BestWish = { venueId: string; eventId: string; zoneId: number; quantity: number }

async function ask(commands: SeatCommands, { venueId, eventId, zoneId, quantity }: BestWish): Promise<number> {
  const key = randomUUID()
  const wish = { venueId, eventId, zoneId, quantity }
  try {
    const { tickets } = await commands.sell(wish, { at: Date.now(), newId: randomUUID, key: { id: key, fingerprint: key } })
    return tickets.length
  } catch (error) {
    if (error instanceof Refusal) return 0
    throw error
  }
}

async function audit(ledger: Ledger, house: House, { sold }: Run): Promise<string[]> {
  let taken = 0
  for (let zone = 1; zone <= house.zones; zone++) {
    const states = (await ledger.seats(zoneKey(house.eventId, zone), Date.now())) ?? new Uint8Array()
    taken += states.filter((state) => state !== FREE).length
  }
  return taken === sold ? [] : [`seats  ${house.eventId}  ${taken} are taken, ${sold} were answered`]
}

function summary(runs: readonly Run[]) {
  const of = (how: How, figure: (run: Run) => number): number => median(runs.filter((run) => run.how === how).map(figure))
  const rows = HOW.map((how) => ({
    [`${INSTANCES} instances`]: how === 'contended' ? 'all in one zone' : 'a zone each',
    'CPU us an answer': short(of(how, ({ cpuUs }) => cpuUs)),
    answers: of(how, ({ answers }) => answers),
    'refused (busy or sold out)': of(how, ({ refused }) => refused),
  }))
  const measured = of('contended', ({ cpuUs }) => cpuUs) / of('apart', ({ cpuUs }) => cpuUs)
  return {
    tables: [{ title: `The best pair, until ${SOLD_SHARE * 100} % of a zone are sold; medians of ${runs.length / 2}`, rows }],
    goals: [{ what: 'CPU of an answer, all in one zone, of that with a zone each', measured, goal: 2, atLeast: false }],
  }
}
