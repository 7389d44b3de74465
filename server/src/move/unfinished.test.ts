/** What a start finds of a move that did not end; whole processes that are killed: killed.test.ts. */
import { readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { temporaryFolder } from '../../test/platform.ts'
import { openLedger } from '../adapters.ts'
import { readConfig } from '../config.ts'
import { writeNote } from './note.ts'
import { unfinishedMove } from './unfinished.ts'

const to = {
  ledgerUrl: 'rediss://me:hidden@there',
  databaseUrl: 'postgres://me:hidden@there/onsale',
  busUrl: 'kafka://me:hidden@there/onsale',
}

async function noted({ isOpened, isMarked }: { isOpened: boolean; isMarked: boolean }) {
  const dataDir = await temporaryFolder()
  onTestFinished(() => rm(dataDir, { recursive: true, force: true }))
  const from = readConfig({ DATA_DIR: dataDir })
  const ledger = await openLedger(from.ledgerUrl)
  if (isMarked) await ledger.departure?.leave(to)
  await ledger.close()
  await writeNote(dataDir, { at: '2026-01-01T00:00:00.000Z', from, to, isOpened })
  const settings = { DATA_DIR: dataDir, LEDGER_URL: to.ledgerUrl, DATABASE_URL: to.databaseUrl, BUS_URL: to.busUrl }
  return { dataDir, config: readConfig(settings), settings }
}

it('is finished by a start there when the old ledger was left, and once only', async () => {
  expect(await unfinishedMove((await noted({ isOpened: false, isMarked: true })).config)).toBeDefined()
  expect(await unfinishedMove((await noted({ isOpened: true, isMarked: true })).config)).toBeUndefined()
})

it('is not finished while the old ledger may sell: one sentence says how to go on', async () => {
  const { config, dataDir } = await noted({ isOpened: false, isMarked: false })
  await expect(unfinishedMove(config)).rejects.toThrow(
    `the move to them ended before the switch. Set LEDGER_URL=sqlite:${join(dataDir, 'ledger.db')}, DATABASE_URL=sqlite:`,
  )
  await expect(unfinishedMove(config)).rejects.toThrow('run onsale move again')
  expect(readConfig({ DATA_DIR: dataDir }).ledgerUrl, 'the old ones start').toContain('sqlite:')
})

it('is nobody’s business who starts with other engines', async () => {
  const { settings } = await noted({ isOpened: false, isMarked: true })
  expect(await unfinishedMove(readConfig({ ...settings, LEDGER_URL: 'redis://elsewhere' }))).toBeUndefined()
})

it('is noted without passwords, for this user alone', async () => {
  const { dataDir } = await noted({ isOpened: true, isMarked: true })
  const file = join(dataDir, 'moved.json')
  const text = await readFile(file, 'utf8')
  expect(text).toContain('kafka://me:...@there/onsale')
  expect(text).not.toContain('hidden')
  expect((await stat(file)).mode & 0o777).toBe(0o600)
  await expect(openLedger(`sqlite:${join(dataDir, 'ledger.db')}`)).rejects.toThrow('BUS_URL=kafka://me:')
})
