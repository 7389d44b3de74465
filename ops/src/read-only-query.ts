/**
 * One select on a SQLite file: `node read-only-query.ts <file> <select>` prints an Answer. What may be asked is judged three times, because
 * each judge has a hole of its own: by its words, by a connection that cannot write, and by SQLite's authorizer, which also keeps secrets.
 */
import { constants, DatabaseSync } from 'node:sqlite'
import type { Row } from './table.ts'

export const limits = { rows: 1000, ms: 5000, cellCharacters: 2000, bytes: 64 * 1024 * 1024 } as const

export type Answer = { rows: Row[]; more: boolean } | { refused: string }

const REFUSED =
  /\b(insert|update|delete|replace\s+into|merge|upsert|drop|alter|create|truncate|grant|revoke|attach|detach|pragma|vacuum|reindex|analyze|begin|commit|rollback|savepoint|release|copy|call|do|lock|into|load_extension|load_file|pg_read_file|pg_sleep|sleep|benchmark|get_lock|release_(?:all_)?locks?|\w+_to_xml\w*|dblink\w*|lo_\w+)\b/i

/** The text without what stands in quotes, which is data and a question mark here, and without comments. */
export function bareOf(text: string): string {
  return text
    .replaceAll(/'(?:[^']|'')*'|"(?:[^"]|"")*"|`[^`]*`|\[[^\]]*\]/g, ' ? ')
    .replaceAll(/--.*|\/\*[\s\S]*?(?:\*\/|$)/g, ' ')
    .trim()
    .replace(/;$/, '')
}

/** Why a text is not one select, or undefined. */
export function refusedWord(text: string): string | undefined {
  const bare = bareOf(text)
  if (!/^(select|with|values|explain)\b/i.test(bare)) return 'Only a select can be asked.'
  if (bare.includes(';')) return 'One statement at a time.'
  const [word] = REFUSED.exec(bare) ?? []
  return word && `"${word}" is refused: only a select can be asked.`
}

/** Columns, and tables of which every column is kept. */
export const SECRET = /pass(word|wd|code)|secret|token|hash|salt|credential|private|api_?key|otp|session/i

const ALLOWED: readonly number[] = [constants.SQLITE_SELECT, constants.SQLITE_FUNCTION, constants.SQLITE_RECURSIVE]

/** Blocks as long as SQLite takes: for a process that can be ended, and for tests. */
export function answerTo(file: string, select: string): Answer {
  const database = new DatabaseSync(file, { readOnly: true, timeout: limits.ms, allowExtension: false })
  database.setAuthorizer((action, table, column) => {
    if (action === constants.SQLITE_READ) return SECRET.test(`${table}.${column}`) ? constants.SQLITE_IGNORE : constants.SQLITE_OK
    return ALLOWED.includes(action) ? constants.SQLITE_OK : constants.SQLITE_DENY
  })
  const rows: Row[] = []
  for (const row of database.prepare(select).iterate()) {
    if (rows.length === limits.rows) return { rows, more: true }
    rows.push(Object.fromEntries(Object.entries(row).map(([name, value]) => [name, shown(value)])))
  }
  return { rows, more: false }
}

export function shown(value: unknown): Row[string] {
  if (value === null || typeof value === 'number') return value
  if (value instanceof Date) return value.toISOString()
  if (value instanceof Uint8Array) return `(${value.byteLength} bytes)`
  const text = String(value)
  return text.length > limits.cellCharacters ? `${text.slice(0, limits.cellCharacters)}…` : text
}

if (import.meta.main) {
  const [file = '', select = ''] = process.argv.slice(2)
  let answer: Answer
  try {
    answer = answerTo(file, select)
  } catch (error) {
    answer = { refused: error instanceof Error ? error.message : String(error) }
  }
  process.stdout.write(JSON.stringify(answer))
}
