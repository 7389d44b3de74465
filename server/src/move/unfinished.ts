/**
 * A move whose process died in the switch: the old ledger is marked as left, so it sells nothing again, and the new one has every entry but
 * was not told that it may sell. The next start on the new engines tells it, after it has compared all of it with the archive.
 */
import { isMovedLedger } from '../adapters.ts'
import { type Config, ConfigError } from '../config.ts'
import { settingsFor } from '../ledger/address.ts'
import type { Heir } from '../platform.ts'
import { rebuildHotState } from './hot-state.ts'
import { type Note, placeOf, readNote, writeNote } from './note.ts'

/** Undefined when there is nothing to finish for these settings. Throws when the old ledger was not left: it sells on, and this one would too. */
export async function unfinishedMove(config: Config): Promise<Heir | undefined> {
  const note = readNote(config.dataDir)
  if (!note || note.isOpened || !isTo(note, config)) return undefined
  if (!(await isMovedLedger(note.from.ledgerUrl)))
    throw new ConfigError([
      `LEDGER_URL and DATABASE_URL: the move to them ended before the switch. Set ${settingsFor(note.from)}, start, and run onsale move again.`,
    ])
  return {
    async hold(ledger, sql) {
      await rebuildHotState(ledger, await sql(), () => undefined)
      await writeNote(config.dataDir, { ...note, isOpened: true })
      return ledger
    },
  }
}

function isTo({ to }: Note, config: Config): boolean {
  const { ledgerUrl, databaseUrl } = placeOf(config)
  return ledgerUrl === to.ledgerUrl && databaseUrl === to.databaseUrl
}
