/** The whole product in one process, on embedded adapters in a folder of its own, unless a test names another database. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readConfig } from '../src/config.ts'
import { type Platform, startPlatform } from '../src/platform.ts'
import { storedPositions } from '../src/sql/positions.ts'
import { type Client, createClient } from './client.ts'
import type { NewDatabase } from './databases.ts'
import { type House, writeHouse } from './house.ts'
import { until } from './until.ts'

export type TestPlatform = Omit<Client, 'close'> & {
  platform: Platform
  dataDir: string
  /** Waits until the read side has everything that is in the log. */
  settle(): Promise<void>
  /** Stops; the data stays when the caller brought its folder. */
  stop(): Promise<void>
}
export type TestPlatformOptions = {
  /** What is on sale; the samples of the repository unless named. */
  house?: House
  dataDir?: string
  env?: Record<string, string>
}

export const temporaryFolder = (): Promise<string> => mkdtemp(join(tmpdir(), 'onsale-test-'))

let newDatabase: NewDatabase | undefined
/** For test files that run those of another database again: on it, every platform that brings no folder. */
export function startPlatformsOn(given: NewDatabase): void {
  newDatabase = given
}

export async function startTestPlatform({ house, dataDir: given, env = {} }: TestPlatformOptions = {}): Promise<TestPlatform> {
  const dataDir = given ?? (await temporaryFolder())
  const samples = house ? join(dataDir, 'samples') : undefined
  if (house && samples) await writeHouse(samples, house)
  const database = given ? undefined : await newDatabase?.()
  if (database) env = { DATABASE_URL: database.url, ...env }
  const config = readConfig({
    PORT: '0',
    HOST: '127.0.0.1',
    DATA_DIR: dataDir,
    LOG_LEVEL: 'error',
    NODE_ENV: 'test',
    DRAIN_MS: '0',
    ...env,
  })
  const platform = await startPlatform(config, samples)
  await platform.opened.catch(async (error: unknown) => {
    await platform.stop()
    throw error
  })
  const { close, ...client } = createClient(platform.url)
  return {
    ...client,
    platform,
    dataDir,
    settle: () => settled(platform),
    async stop() {
      close()
      await platform.stop()
      await database?.drop()
      if (!given) await rm(dataDir, { recursive: true, force: true })
    },
  }
}

/** A bus of its own tries what is refused some times, and others are busy on the machine. */
const SETTLED_WITHIN_MS = 25_000

async function settled({ adapters }: Platform): Promise<void> {
  const [ledger, sql] = [await adapters.ledger(), await adapters.sql()]
  const ends = await ledger.ends()
  const hasAll = async (): Promise<boolean> => {
    const stored = await storedPositions(sql)
    return ends.every(({ shard, head }) => (stored.get(shard) ?? 0) >= head)
  }
  await until('the read side has the whole log', hasAll, SETTLED_WITHIN_MS)
}
