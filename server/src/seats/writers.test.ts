/** Every path to a seat is the same command (F-004): whoever commits to a ledger is listed here, and there is one. */
import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const SOURCES = resolve(fileURLToPath(import.meta.url), '../..')

/** Adapters implement `commit`, tests try it out, and what a bus commits is how far it has read; none decides about a seat. */
const isExcepted = (file: string): boolean => /^(ledger|bus)\/|\.test\.|\.conformance\./.test(file)

test('seats/commands.ts is the only writer of seat state', () => {
  const files = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts') && !isExcepted(file))
  expect(files.length).toBeGreaterThan(30)
  const writers = files.filter((file) => /\.commit\s*\(|\bcommit\b.*=.*\bledger\b/.test(readFileSync(join(SOURCES, file), 'utf8')))
  expect(writers).toEqual(['seats/commands.ts'])
})
