import { onServer } from '../../test/databases.ts'
import { serverConformance, sqlConformance } from './sql.conformance.ts'

await onServer('MYSQL_URL', (newDatabase) => {
  sqlConformance('MySQL', newDatabase)
  serverConformance('MySQL', newDatabase, {
    own: 'select connection_id() as id',
    list: 'select id from information_schema.processlist',
    limit: ['set max_statement_time = 0.05', 'set max_execution_time = 50'],
    end: 'kill <id>',
  })
})
