/** A note in DATA_DIR that its box office was moved: whoever starts from the old files is told where it went. */
import { existsSync, readFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'

type Place = { ledgerUrl: string; databaseUrl: string }
export type Note = { at: string; from: Place; to: Place }

const fileIn = (dataDir: string): string => join(dataDir, 'moved.json')

export async function writeNote(dataDir: string, note: Note): Promise<void> {
  const file = await open(fileIn(dataDir), 'w', 0o600)
  await file.writeFile(`${JSON.stringify(note, null, 2)}\n`)
  await file.sync()
  await file.close()
}

/** Why these settings would sell from, or show, what was left behind; null when they do not. */
export function leftBehind(dataDir: string, { ledgerUrl, databaseUrl }: Place): string | null {
  if (!existsSync(fileIn(dataDir))) return null
  const { at, from, to } = JSON.parse(readFileSync(fileIn(dataDir), 'utf8')) as Note
  if (ledgerUrl !== from.ledgerUrl && databaseUrl !== from.databaseUrl) return null
  return `LEDGER_URL and DATABASE_URL: this box office was moved at ${at}. Set LEDGER_URL=${to.ledgerUrl} and DATABASE_URL=${to.databaseUrl}.`
}

/** An address that may be shown and kept. */
export const withoutPassword = (url: string): string => url.replace(/(:\/\/[^:@/]*):.*@/, '$1:...@')
