/**
 * How many entries a second go into SQL, and does an entry cost the same when there are millions of tickets?
 *
 * The projector as its thread runs it, on a new database of each engine, with entries of a ticket each in batches as the relay brings them in a
 * rush. At each size the next 10,000 entries are measured: CPU of this process and of the server together, which is what one core would do.
 * Afterwards positions, tickets and conflicts are compared with what was sent.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { seal } from '@onsale/contract/entry'
import { openSql } from '@onsale/server/adapters'
import { createProjector } from '@onsale/server/projector/projector'
import { migrate } from '@onsale/server/sql/migrate'
import type { Sql } from '@onsale/server/sql/sql'
import { cpuOfAll, startEngines, withChildren } from './engines-up.ts'
import { short } from './numbers.ts'
import { settle } from './options.ts'
import type { Benchmark, Goal, Result, Row } from './result.ts'
import { spoilings } from './spoil.ts'

const BATCH = 2000
const SHARDS = 8
const SEATS_A_ROW = 50
const ROWS_A_ZONE = 50
const ZONES_AN_EVENT = 40
/** At each size, the next so many are measured. */
const WINDOW = 10_000
const SERVERS = [
  { name: 'PostgreSQL', engine: 'postgres', variable: 'POSTGRES_URL' },
  { name: 'MariaDB', engine: 'mariadb', variable: 'MYSQL_URL' },
] as const

export const projector: Benchmark = async (options, progress) => {
  const { most } = settle(options, { most: [400_000, 20_000] })
  const sizes = [10_000, 100_000, 400_000, 1_000_000, 2_000_000].filter((size) => size < most).concat(most)
  const up = await startEngines(SERVERS.map(({ engine }) => engine))
  const home = mkdtempSync(join(tmpdir(), 'onsale-bench-'))
  const result: Result = {
    tables: [],
    goals: [],
    differences: [],
    audited: `positions, tickets and conflicts of ${3 * (most + WINDOW)} entries`,
  }
  try {
    for (const { name, url, pids } of [
      { name: 'SQLite', url: `sqlite:${join(home, 'read.db')}`, pids: () => [] },
      ...SERVERS.map(({ name, engine, variable }) => ({
        name,
        url: up.env[variable] as string,
        pids: () => withChildren(up.pids(engine)),
      })),
    ]) {
      const run = await fill(url, pids, { sizes, corrupt: options.corrupt }, (text) => progress(`${name}: ${text}`))
      result.tables.push({ title: `${name}, batches of ${BATCH}`, rows: run.rows })
      result.goals.push(...goalsOf(name, run.costs))
      result.differences.push(...run.differences.map((difference) => `${name}  ${difference}`))
    }
  } finally {
    rmSync(home, { recursive: true })
    await up.remove()
  }
  return result
}

function goalsOf(name: string, costs: readonly number[]): Goal[] {
  const [first = Number.NaN] = costs
  const last = costs.at(-1) ?? Number.NaN
  return [
    { what: `${name}: entries a second of one core, at the largest size`, measured: 1e6 / last, goal: 10_000, atLeast: true },
    { what: `${name}: CPU of an entry at the largest size, of that at the smallest`, measured: last / first, goal: 1.2, atLeast: false },
  ]
}

type Pids = () => readonly number[]

type Sweep = { sizes: readonly number[]; corrupt: boolean }

async function fill(url: string, pids: Pids, { sizes, corrupt }: Sweep, progress: (text: string) => void) {
  const sql = await openSql(url)
  await migrate(sql)
  const rows: Row[] = []
  const costs: number[] = []
  try {
    const { project } = createProjector(sql)
    let sent = 0
    for (const size of sizes) {
      await send(project, sent, size)
      sent = size + WINDOW
      const { seconds, ourUs, serverUs } = await measured(pids, () => send(project, size, sent))
      costs.push((ourUs + serverUs) / WINDOW)
      rows.push({
        tickets: size.toLocaleString('en'),
        'entries/s': short(WINDOW / seconds),
        'of one core': short((1e6 * WINDOW) / (ourUs + serverUs)),
        'our us': short(ourUs / WINDOW),
        'server us': short(serverUs / WINDOW),
      })
      progress(`${size} tickets: ${short((ourUs + serverUs) / WINDOW)} us an entry`)
    }
    if (corrupt) await spoilings.delete(sql)
    return { rows, costs, differences: await audit(sql, sent) }
  } finally {
    await sql.close()
  }
}

async function measured(pids: Pids, work: () => Promise<void>): Promise<{ seconds: number; ourUs: number; serverUs: number }> {
  const before = { ms: performance.now(), ours: process.cpuUsage(), server: cpuOfAll(pids()) }
  await work()
  const { user, system } = process.cpuUsage(before.ours)
  return { seconds: (performance.now() - before.ms) / 1000, ourUs: user + system, serverUs: cpuOfAll(pids()) - before.server }
}

async function send(project: ReturnType<typeof createProjector>['project'], from: number, upto: number): Promise<void> {
  for (let first = from; first < upto; first += BATCH)
    await project(
      Array.from({ length: Math.min(BATCH, upto - first) }, (_, i) => entryOf(first + i)),
      Date.now(),
    )
}

/** Sale n: every seat once, positions of each shard without a gap. */
function entryOf(n: number): string {
  const row = Math.floor(n / SEATS_A_ROW)
  const zone = Math.floor(row / ROWS_A_ZONE)
  const event = Math.floor(zone / ZONES_AN_EVENT)
  const ticket = `{"ticketId":"8f14e45f-ceea-467f-a2d1-${String(n).padStart(12, '0')}","row":"R${row % ROWS_A_ZONE}","column":"${(n % SEATS_A_ROW) + 1}"}`
  const fact = `{"v":1,"kind":"SeatsSold","createdOn":"2026-11-21T20:40:56.000Z","venueId":"BenchVenue","eventId":"Bench${event}","zoneId":${(zone % ZONES_AN_EVENT) + 1},"status":"PAID","price":10000,"currency":"CAD","seats":[${ticket}]}`
  return seal(String(n % SHARDS), Math.floor(n / SHARDS) + 1, '.', fact)
}

async function audit({ db }: Sql, sent: number): Promise<string[]> {
  const differences: string[] = []
  const compare = (what: string, found: unknown, expected: number): void => {
    if (Number(found) !== expected) differences.push(`${what}  ${found} of ${expected}`)
  }
  const positions = await db.selectFrom('positions').selectAll().execute()
  compare(
    'positions',
    positions.reduce((sum, { stored }) => sum + Number(stored), 0),
    sent,
  )
  const tickets = await db
    .selectFrom('tickets')
    .select(({ fn }) => fn.count('ticket_id').distinct().as('n'))
    .executeTakeFirst()
  compare('tickets', tickets?.n, sent)
  compare('conflicts', (await db.selectFrom('conflicts').selectAll().execute()).length, 0)
  return differences
}
