/** What is wanted of a field is said in words that a person uses; the validator's own never reach anybody. */
import { afterAll, expect, it } from 'vitest'
import { problem } from '../test/answer.ts'
import { event, HALL } from '../test/house.ts'
import { startTestPlatform } from '../test/platform.ts'

const onsale = await startTestPlatform({ house: { venues: [HALL], events: [event('Play')] } })
afterAll(() => onsale.stop())

const good = { venueId: 'Hall', eventId: 'Play', zoneId: 1, row: 'A', column: 1 }

it.each<[what: string, change: object, field: string, sentence: string]>([
  ['a row in digits', { row: '1' }, 'row', 'has to be A..Z, AA.., any case'],
  ['a column in letters', { column: 'x' }, 'column', 'has to be from 1, as a number or a string'],
  ['a zone as a text', { zoneId: '1' }, 'zoneId', 'has to be a whole number (unique within the venue)'],
  ['zone 0', { zoneId: 0 }, 'zoneId', 'has to be 1 or more (unique within the venue)'],
  ['no event', { eventId: undefined }, 'eventId', 'is required'],
  ['an empty event', { eventId: '' }, 'eventId', 'has to have 1 letters or more'],
  ['an event of 101 letters', { eventId: 'x'.repeat(101) }, 'eventId', 'has to have 100 letters or fewer'],
  ['no seats', { seats: [] }, 'seats', 'has to have 1 entries or more'],
])('in a body: %s', async (_, change, field, sentence) => {
  const { errors } = problem(await onsale.buy({ ...good, ...change })) as { errors?: unknown }
  expect(errors).toEqual([{ field, message: sentence }])
})

it.each([
  ['tickets?status=paid', 'status', 'has to be one of PAID, CANCELLED, REFUNDED'],
  ['tickets?from=today', 'from', 'has to be a moment, as in 2027-03-01T19:30:00Z'],
  ['tickets?limit=many', 'limit', expect.stringMatching(/^has to be a whole number/)],
  ['sales?by=colour', 'by', 'has to be event, venue, zone, row or column, or some of them joined by commas'],
])('in a query: %s', async (path, field, sentence) => {
  const { errors } = problem(await onsale.get(`/query/api/v1/${path}`)) as { errors?: unknown }
  expect(errors).toEqual([{ field, message: sentence }])
})
