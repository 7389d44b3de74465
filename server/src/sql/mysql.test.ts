import { onServer } from '../../test/databases.ts'
import { serverConformance, sqlConformance } from './sql.conformance.ts'

await onServer('MYSQL_URL', (newDatabase) => {
  sqlConformance('MySQL', newDatabase)
  serverConformance('MySQL', newDatabase)
})
