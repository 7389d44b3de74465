/** How well something is that a role needs: what readiness tells. */
import { setTimeout as wait } from 'node:timers/promises'
import type { Check } from './roles.ts'
import { missingMigrations } from './sql/migrate.ts'
import type { Sql } from './sql/sql.ts'

/** Load balancers give up after a few seconds, and would not hear what it is. */
const WITHIN_MS = 2000

/** `look` gives a sentence, or throws the reason. `without`: what it means for the role when it does. */
export async function check(name: string, without: 'degraded' | 'failing', look: () => Promise<string>): Promise<Check> {
  const late = wait(WITHIN_MS, undefined, { ref: false }).then(() => {
    throw new Error(`does not answer within ${WITHIN_MS / 1000} s`)
  })
  try {
    return { name, status: 'ok', detail: await Promise.race([look(), late]) }
  } catch (error) {
    return { name, status: without, detail: reasonOf(error) }
  }
}

/** `name`: whose it is in the list. A schema that lacks something is everybody's failure. */
export async function checkDatabase(sql: Sql, name: string, without: 'degraded' | 'failing'): Promise<Check[]> {
  let missing: string[] = []
  const database = await check(name, without, async () => {
    missing = await missingMigrations(sql)
    return 'answers'
  })
  if (database.status !== 'ok') return [database]
  const isCurrent = missing.length === 0
  return [
    database,
    { name: 'schema', status: isCurrent ? 'ok' : 'failing', detail: isCurrent ? 'is current' : `lacks ${missing.join(', ')}` },
  ]
}

/** Drivers say where and why; none of them says a password. Several addresses that all failed are one error without words. */
export function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && !error.message) return error.errors.map(reasonOf).join('; ')
  return error instanceof Error ? error.message || error.name : String(error)
}
