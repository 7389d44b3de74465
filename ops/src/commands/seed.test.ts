/** `onsale seed` as an operator runs it. */
import { existsSync } from 'node:fs'
import { expect, it } from 'vitest'
import { createClient } from '../../../server/test/client.ts'
import { startServer } from '../../../server/test/process.ts'
import { until } from '../../../server/test/until.ts'
import { dataFolder, jsonOf, onsaleIn } from '../../test/onsale.ts'
import { houseOf, isPreset, presets, seatsOf } from '../presets.ts'
import { answerTo } from '../read-only-query.ts'

it.for(Object.keys(presets))('the preset %s has as many seats as its name says, every zone a price', (name) => {
  if (!isPreset(name)) throw new Error(name)
  const { venue, event } = houseOf(name)
  const said = Number(name.replace('k', '000').replace('m', '000000'))
  expect(venue.zones.reduce((sum, { rows, seatsPerRow }) => sum + rows * seatsPerRow, 0)).toBe(said)
  expect(seatsOf(name)).toBe(said)
  expect(event.zones.map(({ zoneId }) => zoneId)).toEqual(venue.zones.map(({ zoneId }) => zoneId))
  const prices = event.zones.map(({ price }) => price)
  expect(prices).toEqual(prices.toSorted((a, b) => b - a))
})

it('a house of 500 is bought from while the server runs; a second time changes nothing', async () => {
  const dataDir = await dataFolder()
  const server = await startServer({ DATA_DIR: dataDir })
  const client = createClient(server.url)
  try {
    const seeded = { preset: '500', venueId: 'Seed-500', eventId: 'Seed-500-1', seats: 500, zones: 2, rows: 10, seatsPerRow: 25 }
    expect(await jsonOf(dataDir, ['seed', '--preset', '500'])).toEqual({ ...seeded, isNew: true })
    const buy = () => client.buy({ venueId: 'Seed-500', eventId: 'Seed-500-1', zoneId: 2, row: 'J', column: 25 })
    await until('the seeded event is on sale', async () => (await buy()).status === 201)
    expect((await buy()).status).toBe(409)

    const catalogue = () => answerTo(`${dataDir}/read.db`, 'select version, (select count(*) from event_zones) as zones from catalogue')
    const before = catalogue()
    expect(await jsonOf(dataDir, ['seed', '--preset', '500'])).toEqual({ ...seeded, isNew: false })
    expect(catalogue()).toEqual(before)
  } finally {
    client.close()
    await server.stop()
  }
})

it('a preset that does not exist is wrong use, and production is not seeded', async () => {
  const dataDir = await dataFolder()
  const wrong = await onsaleIn(dataDir, ['seed', '--preset', '7k'])
  expect(wrong).toMatchObject({ code: 2, out: '' })
  expect(wrong.err).toContain('500, 1k, 2k, 3k, 5k, 10k, 50k, 100k, 200k, 400k, 1m')
  expect(await onsaleIn(dataDir, ['seed', '--preset', '500'], { env: { NODE_ENV: 'production' } })).toMatchObject({ code: 1, out: '' })
  expect(existsSync(`${dataDir}/read.db`)).toBe(false)
})
