/** One select on a database server: judged by its words and by the server's own plan, read in a transaction that can only read. */
import { type Limits, readOnly } from '@onsale/server/sql/read-only'
import type { Sql } from '@onsale/server/sql/sql'
import { type Answer, bareOf, SECRET, shown } from './read-only-query.ts'

export async function askServer(sql: Sql, select: string, limits: Limits): Promise<Exclude<Answer, { refused: string }>> {
  const bare = bareOf(select)
  if (/^explain\b/i.test(bare)) throw new Error('A server is asked selects only.')
  // What stands in quotes was not looked at, and a function must not hide there.
  if (/\?\s*\(/.test(bare)) throw new Error('A function is called by its name without quotes here.')
  const functions = [...bare.matchAll(/([a-z_][\w$]*)\s*\(/gi)].map(([, name = '']) => name.toLowerCase())
  const { rows, more } = await readOnly(sql, { select, functions }, limits, (plan, acting) => {
    const [secret] = SECRET.exec(namesIn(plan)) ?? []
    if (secret)
      throw new Error(`It would read what is kept secret (its plan names "${secret}"): ask with a client and an account of your own.`)
    if (acting.length > 0) throw new Error(`${acting.join(', ')} may change something: only what reads can be called.`)
  }).catch((error: unknown) => {
    throw isTooLate(error) ? new Error(`No answer within ${limits.ms / 1000} seconds: ask for less.`, { cause: error }) : error
  })
  return { rows: rows.map((row) => Object.fromEntries(Object.entries(row).map(([name, value]) => [name, shown(value)]))), more }
}

/** A plan without texts, and without the ways in which PostgreSQL hashes. A whole row of it (`people.*`) has what nobody names. */
function namesIn(plan: string): string {
  if (/\.\*/.test(plan)) throw new Error('Whole rows are not read here: name their columns, or ask for *.')
  return plan.replaceAll(/'(?:[^']|'')*'/g, "''").replaceAll(/(?<!["'.])\bHash\w*|\bhashed SubPlan/g, '')
}

/** PostgreSQL cancels, MariaDB and MySQL interrupt. */
function isTooLate(error: unknown): boolean {
  const { code, errno } = error as { code?: string; errno?: number }
  return code === '57014' || errno === 1969 || errno === 3024
}
