import { existsSync, statSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { openLedger, pathOf } from '@onsale/server/adapters'
import { type Config, readConfig } from '@onsale/server/config'
import type { LogEnds } from '@onsale/server/ledger/ledger'
import { missingMigrations } from '@onsale/server/sql/migrate'
import { storedPositions } from '@onsale/server/sql/positions'
import type { Sql } from '@onsale/server/sql/sql'
import type { Command } from 'commander'
import { isFile, withDatabase } from '../database.ts'
import { withDeadLetters } from '../dead-letters.ts'
import { serverStatus } from '../server-status.ts'
import { print, tableText } from '../table.ts'

/** A bus that says nothing for so long is told as one that does not answer. */
const ANSWER_MS = 10_000
/** Who reads the bus for the read side. */
const GROUP = 'sql'

type Shard = { shard: string; head: number | null; trimmed: number | null; stored: number; lag: number | null }
type Catalogue = { venues: number; events: number; zones: number; seats: number; available: number; held: number; sold: number }
type Status = {
  roles: readonly string[]
  missingMigrations: string[]
  ledger: string
  shards: Shard[]
  bus: string
  /** Null: the bus has none, or does not answer. */
  deadLetters: number | null
  conflicts: number
  catalogue: Catalogue | null
  files: { file: string; bytes: number }[]
  /** What someone has to look at. */
  problems: string[]
}

export function addStatus(program: Command): void {
  program
    .command('status')
    .description('How the data stand: schema, shards, lag, bus, dead letters, conflicts, seats, files. Exits 1 when something is wrong.')
    .option('--url <url...>', 'asks running servers instead: which roles each serves, and how well it is')
    .option(
      '--json',
      'prints {roles, missingMigrations, ledger, shards, bus, deadLetters, conflicts, catalogue, files, problems}; with --url, {servers}',
    )
    .action(async ({ url, json }: { url?: string[]; json?: boolean }, command: Command) => {
      if (url !== undefined) return serversStatus(url, json, command)
      const config = readConfig()
      const status = await withDatabase(config.databaseUrl, (sql) => dataStatus(sql, config))
      print(json, status, () => statusText(status))
      if (status.problems.length > 0) process.exitCode = 1
    })
}

async function serversStatus(urls: readonly string[], json: boolean | undefined, command: Command): Promise<void> {
  for (const url of urls)
    if (!/^https?:\/\//.test(url) || !URL.canParse(url)) command.error(`"${url}" is no address: give one as in http://localhost:<port>.`)
  const servers = await Promise.all(urls.map(serverStatus))
  print(json, { servers }, () =>
    servers
      .map(({ url, status, version, roles, checks }) => {
        const what = [roles.join(', '), version && `version ${version}`].filter(Boolean).join('; ')
        return `${url} is ${status}${what && ` (${what})`}\n\n${tableText(checks)}`
      })
      .join('\n\n'),
  )
  if (servers.some(({ status }) => status !== 'ready')) process.exitCode = 1
}

async function dataStatus(sql: Sql, config: Config): Promise<Status> {
  const missing = await missingMigrations(sql)
  const isReadable = missing.length === 0
  const stored = isReadable ? await storedPositions(sql) : new Map<string, number>()
  const { ledger, ends, faults } = await ledgerStatus(config.ledgerUrl)
  const { bus, deadLetters, faults: busFaults } = await busStatus(config.busUrl)
  const shards = shardsOf(stored, ends)
  const conflicts = isReadable ? await countConflicts(sql) : 0
  const problems = [
    ...(isReadable ? [] : [`The database misses migrations (${missing.join(', ')}): run onsale migrate up.`]),
    ...(conflicts > 0 ? [`${conflicts} seats have two tickets: run onsale audit.`] : []),
    ...faults,
    ...busFaults,
    ...shards.flatMap(faultsOf),
  ]
  const catalogue = isReadable ? await catalogueOf(sql) : null
  const files = [config.databaseUrl, config.ledgerUrl].filter(isFile).flatMap(filesOf)
  return { roles: config.roles, missingMigrations: missing, ledger, shards, bus, deadLetters, conflicts, catalogue, files, problems }
}

type LedgerStatus = { ledger: string; ends: LogEnds[] | null; faults: string[] }

/** The log's ends, or why they are not known: an embedded ledger belongs to one process, and a server that sells has it. */
async function ledgerStatus(url: string): Promise<LedgerStatus> {
  if (isFile(url) && !existsSync(pathOf(url))) return { ledger: 'there is none yet', ends: [], faults: [] }
  try {
    const ledger = await openLedger(url)
    const ends = await ledger.ends().finally(() => ledger.close())
    return { ledger: isFile(url) ? 'in no use' : 'answers', ends, faults: [] }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    if (/in use by another process/.test(reason))
      return { ledger: 'in use by another process, which alone knows its ends: ask it with --url', ends: null, faults: [] }
    return { ledger: 'does not open', ends: null, faults: [`The ledger does not open: ${reason}`] }
  }
}

type BusStatus = { bus: string; deadLetters: number | null; faults: string[] }

async function busStatus(url: string): Promise<BusStatus> {
  try {
    const count = withDeadLetters(url, async (dead) => (await dead.list(GROUP)).length)
    const deadLetters = await Promise.race([count, wait(ANSWER_MS, 'late' as const, { ref: false })])
    if (deadLetters === 'late') throw new Error(`nothing within ${ANSWER_MS / 1000} seconds`)
    if (deadLetters === undefined) return { bus: 'lives in the server', deadLetters: null, faults: [] }
    const fault = `${deadLetters} messages were refused: see onsale dead-letters list.`
    return { bus: 'answers', deadLetters, faults: deadLetters > 0 ? [fault] : [] }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    return { bus: 'does not answer', deadLetters: null, faults: [`The bus does not answer: ${reason}`] }
  }
}

function shardsOf(stored: ReadonlyMap<string, number>, ends: LogEnds[] | null): Shard[] {
  const names = [...new Set([...stored.keys(), ...(ends ?? []).map(({ shard }) => shard)])].sort()
  return names.map((shard) => {
    const here = stored.get(shard) ?? 0
    if (!ends) return { shard, head: null, trimmed: null, stored: here, lag: null }
    const { head, trimmed } = ends.find((each) => each.shard === shard) ?? { head: 0, trimmed: 0 }
    return { shard, head, trimmed, stored: here, lag: head - here }
  })
}

/** As the purchase role judges at its start: such halves do not belong together, and nothing is sold. */
function faultsOf({ shard, head, trimmed, stored }: Shard): string[] {
  if (head === null || trimmed === null) return []
  if (stored > head) return [`Shard ${shard}: ${stored} entries are stored, the ledger has ${head}: it is lost or an older copy.`]
  if (stored < trimmed)
    return [`Shard ${shard}: the ledger let go of ${trimmed} entries, ${stored} are stored: the read side is lost or an older copy.`]
  return []
}

async function countConflicts({ db }: Sql): Promise<number> {
  const counted = await db
    .selectFrom('conflicts')
    .select((eb) => eb.fn.countAll<number>().as('n'))
    .executeTakeFirstOrThrow()
  return Number(counted.n)
}

async function catalogueOf({ db }: Sql): Promise<Catalogue> {
  const venues = await db
    .selectFrom('venues')
    .select((eb) => eb.fn.countAll<number>().as('n'))
    .executeTakeFirstOrThrow()
  const events = await db
    .selectFrom('events')
    .select((eb) => eb.fn.countAll<number>().as('n'))
    .executeTakeFirstOrThrow()
  const seats = await db
    .selectFrom('event_zones')
    .select((eb) => [
      eb.fn.countAll<number>().as('zones'),
      ...(['available', 'held', 'sold'] as const).map((name) => eb.fn.sum<number | null>(name).as(name)),
    ])
    .executeTakeFirstOrThrow()
  const [available, held, sold] = [Number(seats.available ?? 0), Number(seats.held ?? 0), Number(seats.sold ?? 0)]
  return {
    venues: Number(venues.n),
    events: Number(events.n),
    zones: Number(seats.zones),
    seats: available + held + sold,
    available,
    held,
    sold,
  }
}

/** With what SQLite keeps beside it and has not yet written into it. */
const filesOf = (url: string): { file: string; bytes: number }[] =>
  ['', '-wal']
    .map((end) => pathOf(url) + end)
    .filter((file) => existsSync(file))
    .map((file) => ({ file, bytes: statSync(file).size }))

function statusText({ roles, ledger, shards, bus, deadLetters, conflicts, catalogue, files, problems }: Status): string {
  return [
    `roles      ${roles.join(', ')}`,
    `ledger     ${ledger}`,
    `bus        ${bus}${deadLetters === null ? '' : `, ${deadLetters} dead letters`}`,
    `conflicts  ${conflicts}`,
    ...(catalogue ? ['', tableText([catalogue])] : []),
    ...(shards.length > 0 ? ['', tableText(shards)] : []),
    ...(files.length > 0 ? ['', tableText(files)] : []),
    '',
    problems.length > 0 ? problems.join('\n') : 'Nothing is wrong.',
  ].join('\n')
}
