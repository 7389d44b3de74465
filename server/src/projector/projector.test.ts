import { newSqlite, onServer } from '../../test/databases.ts'
import { projectorConformance } from './projector.conformance.ts'

projectorConformance('SQLite', newSqlite, 60)
await onServer('POSTGRES_URL', (newDatabase) => projectorConformance('PostgreSQL', newDatabase, 15))
await onServer('MYSQL_URL', (newDatabase) => projectorConformance('MySQL', newDatabase, 15))
