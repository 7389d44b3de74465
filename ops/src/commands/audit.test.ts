/** `onsale audit` as an operator runs it. */
import { expect, it } from 'vitest'
import { createClient } from '../../../server/test/client.ts'
import { startServer } from '../../../server/test/process.ts'
import { dataFolder, onsaleIn } from '../../test/onsale.ts'

it('refuses with a sentence beside a running server, which goes on selling, and finds no differences when that has ended', async () => {
  const dataDir = await dataFolder()
  const server = await startServer({ DATA_DIR: dataDir })
  const client = createClient(server.url)
  const buy = async () => (await client.buy({ venueId: 'Venue1', eventId: 'Event1', quantity: 2 })).status
  expect(await buy()).toBe(201)

  const refused = await onsaleIn(dataDir, ['audit', '--json'])
  expect(refused).toMatchObject({ code: 1, out: '' })
  expect(refused.err.trim()).toMatch(/^\S+ledger\.db is in use by another process\.$/)

  expect(await buy()).toBe(201)
  const last = await client.buy({ venueId: 'Venue1', eventId: 'Event1', quantity: 2 })
  await client.read('/query/api/v1/events/Event1', String(last.headers['onsale-position']))
  client.close()
  expect(await server.stop()).toBe(0)
  const done = await onsaleIn(dataDir, ['audit', '--json'])
  expect(done.code, done.err).toBe(0)
  expect(JSON.parse(done.out)).toMatchObject({ differences: [], checked: { entries: 3, tickets: 6 } })
})
