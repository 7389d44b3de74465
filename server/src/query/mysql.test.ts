/** Everything that is asked of the read side, asked of this one too. */
import { onServer } from '../../test/databases.ts'
import { startPlatformsOn } from '../../test/platform.ts'

await onServer('MYSQL_URL', async (newDatabase) => {
  startPlatformsOn(newDatabase)
  for (const file of ['routes', 'positions', 'stream', 'bad-input']) await import(`./${file}.test.ts`)
})
