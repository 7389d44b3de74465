/**
 * A note in DATA_DIR that its box office was moved: whoever starts from the old files is told where it went. It is written before the old
 * ledger is marked as left, and again when the new one sells, so that a process that dies in between is finished by the next start.
 */
import { existsSync, readFileSync } from 'node:fs'
import { open, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { settingsFor } from '../ledger/address.ts'
import type { Place } from '../ledger/ledger.ts'

/** `isOpened`: the new ledger sells. Until then the mark in the old one says whether it was left. */
export type Note = { at: string; from: Place; to: Place; isOpened: boolean }

const fileIn = (dataDir: string): string => join(dataDir, 'moved.json')

export async function writeNote(dataDir: string, { at, from, to, isOpened }: Note): Promise<void> {
  const whole = `${fileIn(dataDir)}.new`
  const file = await open(whole, 'w', 0o600)
  await file.writeFile(`${JSON.stringify({ at, from: placeOf(from), to: placeOf(to), isOpened }, null, 2)}\n`)
  await file.sync()
  await file.close()
  await rename(whole, fileIn(dataDir))
}

export function readNote(dataDir: string): Note | undefined {
  return existsSync(fileIn(dataDir)) ? (JSON.parse(readFileSync(fileIn(dataDir), 'utf8')) as Note) : undefined
}

/** Why these settings would sell from, or show, what was left behind; null when they do not. */
export function leftBehind(dataDir: string, { ledgerUrl, databaseUrl }: Pick<Place, 'ledgerUrl' | 'databaseUrl'>): string | null {
  const note = readNote(dataDir)
  if (!note?.isOpened || (ledgerUrl !== note.from.ledgerUrl && databaseUrl !== note.from.databaseUrl)) return null
  return `LEDGER_URL and DATABASE_URL: this box office was moved at ${note.at}. Set ${settingsFor(note.to)}.`
}

/** Addresses that may be shown and kept. */
export function placeOf({ ledgerUrl, databaseUrl, busUrl }: Place): Place {
  return { ledgerUrl: withoutPassword(ledgerUrl), databaseUrl: withoutPassword(databaseUrl), busUrl: withoutPassword(busUrl) }
}

const withoutPassword = (url: string): string => url.replace(/(:\/\/[^:@/]*):.*@/, '$1:...@')
