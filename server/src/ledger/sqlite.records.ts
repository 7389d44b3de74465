/** A row of the embedded ledger's log: two lines for each change of a batch. */
import type { Change, KeptKey, ZoneKey } from './ledger.ts'

/** One change in the log: what is needed to do it again, then the fact on a line of its own. */
export type Head = [
  /** First, so that readers of the log need not parse the rest. */
  was: string,
  zone: ZoneKey,
  to: Change['to'],
  seats: number[],
  owners: number[],
  until: number | null,
  keyId: string,
  fingerprint: string,
]
export type LogRecord = { position: number; head: Head; fact: string }
export type LogRow = { first: number; body: string }

/** `["..",` begins the line of a record. */
export const wasIn = (line: string): string => line.slice(2, line.indexOf('"', 2))

export function records({ first, body }: LogRow): LogRecord[] {
  const lines = body.split('\n')
  const found: LogRecord[] = []
  for (let i = 0; i + 1 < lines.length; i += 2) found.push(recordOfLines(lines, first, first + i / 2))
  return found
}

/** One record of a row, undefined when the row ends before it. Reading all of a row of 800 cost 2.5 ms a repeated key. */
export function recordIn({ first, body }: LogRow, position: number): LogRecord | undefined {
  const lines = body.split('\n')
  return (position - first) * 2 + 1 < lines.length ? recordOfLines(lines, first, position) : undefined
}

function recordOfLines(lines: readonly string[], first: number, position: number): LogRecord {
  const line = (position - first) * 2
  return { position, head: JSON.parse(lines[line] as string) as Head, fact: lines[line + 1] as string }
}

/** The keys of the entries behind `after` and up to `upTo`, of rows that begin there. */
export function keysIn(rows: Iterable<LogRow>, after: number, upTo: number): KeptKey[] {
  const found: KeptKey[] = []
  for (const row of rows) {
    if (row.first > upTo) break
    for (const { position, head } of records(row))
      if (position > after && position <= upTo && head[6] !== '') found.push({ position, id: head[6], fingerprint: head[7] })
  }
  return found
}
