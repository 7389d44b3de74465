/** The seat path below HTTP: commands, ledger, catalogue and SQL, on embedded adapters unless another database is named. */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Refusal } from '@onsale/contract/refusals'
import type { Wish } from '@onsale/contract/wish'
import { type Catalogue, openCatalogue } from '../src/catalogue/catalogue.ts'
import { importEvent, importVenue, openNewEvents } from '../src/catalogue/import.ts'
import type { Ledger } from '../src/ledger/ledger.ts'
import { openSqliteLedger } from '../src/ledger/sqlite.ts'
import { createProjector, type Projected } from '../src/projector/projector.ts'
import { type Asked, createSeatCommands, type Sale, type SeatCommands } from '../src/seats/commands.ts'
import { migrate } from '../src/sql/migrate.ts'
import type { Sql } from '../src/sql/sql.ts'
import { type NewDatabase, newSqlite } from './databases.ts'
import type { House } from './house.ts'
import { temporaryFolder } from './platform.ts'

/** The moment of every test of the seat path: events of a house begin in 30 days. */
export const NOW = Date.parse('2027-01-15T12:00:00.000Z')

export type SeatPath = AsyncDisposable & {
  folder: string
  ledgerFile: string
  ledger: Ledger
  sql: Sql
  catalogue: Catalogue
  commands: SeatCommands
  /** Sells, or gives the refusal; anything else is thrown. */
  ask(wish: Wish, asked?: Partial<Asked>): Promise<Sale | Refusal>
  /** Everything that is in the log goes to SQL, as relay and projector would bring it. */
  project(): Promise<Projected[]>
}

export async function openSeatPath(house: House, newDatabase: NewDatabase = newSqlite): Promise<SeatPath> {
  const folder = await temporaryFolder()
  const ledgerFile = join(folder, 'ledger.db')
  const ledger = await openSqliteLedger({ path: ledgerFile })
  const database = await newDatabase()
  const sql = await database.open()
  await migrate(sql)
  for (const venue of house.venues) await importVenue(sql, venue)
  for (const event of house.events) await importEvent(sql, event, NOW)
  await openNewEvents(sql, ledger)
  const catalogue = await openCatalogue(sql)
  const commands = createSeatCommands(ledger, catalogue)
  return {
    folder,
    ledgerFile,
    ledger,
    sql,
    catalogue,
    commands,
    ask: (wish, asked) =>
      commands.sell(wish, { at: NOW, newId, ...asked }).catch((error: unknown) => {
        if (error instanceof Refusal) return error
        throw error
      }),
    project: () => projectLog(ledger, sql),
    async [Symbol.asyncDispose]() {
      await ledger.close()
      await sql.close()
      await database.drop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

let lastId = 0
/** Looks like a UUID, and can be told from the next one. */
export const newId = (): string => `00000000-0000-7000-8000-${String(++lastId).padStart(12, '0')}`

async function projectLog(ledger: Ledger, sql: Sql): Promise<Projected[]> {
  const projector = createProjector(sql)
  const done: Projected[] = []
  for (const { shard } of await ledger.ends())
    for (let after = 0; ; ) {
      const entries = await ledger.read({ shard, after, limit: 1000 })
      if (entries.length === 0) break
      done.push(
        await projector.project(
          entries.map(({ body }) => body),
          NOW,
        ),
      )
      after = entries.at(-1)?.position as number
    }
  return done
}
