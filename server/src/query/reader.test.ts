/** A replica that lags behind: answers are its own, and whoever names a position waits until the replica has it. */
import type { Ticket } from '@onsale/contract/tickets'
import { expect, onTestFinished, test } from 'vitest'
import { onServer } from '../../test/databases.ts'
import { event, HALL } from '../../test/house.ts'
import { startTestPlatform } from '../../test/platform.ts'
import { migrate } from '../sql/migrate.ts'

await onServer('POSTGRES_URL', (newDatabase) => {
  test('questions go to the reader, and positions are those of the reader', async () => {
    const [database, replica] = [await newDatabase(), await newDatabase()]
    const copy = await replica.open()
    await migrate(copy)
    const onsale = await startTestPlatform({
      house: { venues: [HALL], events: [event('Play')] },
      env: { DATABASE_URL: database.url, DATABASE_READER_URL: replica.url },
    })
    onTestFinished(async () => {
      await onsale.stop()
      await copy.close()
      await Promise.all([database.drop(), replica.drop()])
    })
    const sold = await onsale.buy({ venueId: 'Hall', eventId: 'Play', quantity: 1 })
    expect(sold.status, sold.text).toBe(201)
    await onsale.settle()
    const after = { 'onsale-after': String(sold.headers['onsale-position']) }
    expect(await onsale.read<Ticket[]>('/query/api/v1/tickets')).toEqual([])
    expect((await onsale.get('/query/api/v1/tickets', after)).status).toBe(503)

    // What replication would bring.
    const { db } = await onsale.platform.adapters.sql()
    for (const table of ['tickets', 'positions'] as const)
      await copy.db
        .insertInto(table)
        .values(await db.selectFrom(table).selectAll().execute())
        .execute()
    const answer = await onsale.get('/query/api/v1/tickets', after)
    expect(answer.status).toBe(200)
    expect(answer.json<Ticket[]>()).toHaveLength(1)
  })
})
