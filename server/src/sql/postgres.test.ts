import { onServer } from '../../test/databases.ts'
import { serverConformance, sqlConformance } from './sql.conformance.ts'

await onServer('POSTGRES_URL', (newDatabase) => {
  sqlConformance('PostgreSQL', newDatabase)
  serverConformance('PostgreSQL', newDatabase)
})
