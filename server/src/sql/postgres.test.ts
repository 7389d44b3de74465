import { onServer } from '../../test/databases.ts'
import { serverConformance, sqlConformance } from './sql.conformance.ts'

await onServer('POSTGRES_URL', (newDatabase) => {
  sqlConformance('PostgreSQL', newDatabase)
  serverConformance('PostgreSQL', newDatabase, {
    own: 'select pg_backend_pid() as id',
    list: 'select pid as id from pg_stat_activity',
    limit: ['set statement_timeout = 50'],
    end: 'select pg_terminate_backend(<id>)',
  })
})
