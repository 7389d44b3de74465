/** How well a database is, for readiness. */
import type { Check } from '../roles.ts'
import { missingMigrations } from './migrate.ts'
import type { Sql } from './sql.ts'

/** `name`: whose it is in the list. `without`: what it means for the role when it does not answer. */
export async function checkDatabase(sql: Sql, name: string, without: 'degraded' | 'failing'): Promise<Check[]> {
  try {
    const missing = await missingMigrations(sql)
    const isCurrent = missing.length === 0
    return [
      { name, status: 'ok', detail: 'answers' },
      { name: 'schema', status: isCurrent ? 'ok' : 'failing', detail: isCurrent ? 'is current' : `lacks ${missing.join(', ')}` },
    ]
  } catch (error) {
    return [{ name, status: without, detail: (error instanceof Error && error.message) || 'does not answer' }]
  }
}
