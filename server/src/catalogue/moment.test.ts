import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { momentAt } from './moment.ts'

const BERLIN = 'Europe/Berlin'
const NOON = Date.parse('2027-01-15T12:00:00.000Z')

test.for([
  ['UTC', '2027-06-01T19:30:00Z', '2027-06-01T19:30:00.000Z'],
  ['with milliseconds', '2027-06-01T19:30:00.250Z', '2027-06-01T19:30:00.250Z'],
  ['with an offset', '2027-06-01T19:30:00-07:00', '2027-06-02T02:30:00.000Z'],
] as [string, string, string][])('a moment %s is told in UTC', ([, moment, expected]) => {
  expect(momentAt(moment, BERLIN, NOON)).toBe(expected)
})

test.for([
  ['winter time', { inDays: 30, at: '19:30' }, BERLIN, NOON, '2027-02-14T18:30:00.000Z'],
  ['summer time', { inDays: 100, at: '19:30' }, BERLIN, NOON, '2027-04-25T17:30:00.000Z'],
  ['today', { inDays: 0, at: '19:30' }, BERLIN, NOON, '2027-01-15T18:30:00.000Z'],
  ['midnight', { inDays: 1, at: '00:00' }, BERLIN, NOON, '2027-01-15T23:00:00.000Z'],
  [
    'the day of the venue, not of UTC',
    { inDays: 0, at: '12:00' },
    'America/New_York',
    Date.parse('2027-01-15T03:00:00Z'),
    '2027-01-14T17:00:00.000Z',
  ],
  [
    'a venue that is a day ahead of UTC',
    { inDays: 1, at: '09:00' },
    'Asia/Tokyo',
    Date.parse('2027-01-15T20:00:00Z'),
    '2027-01-17T00:00:00.000Z',
  ],
  ['half hours', { inDays: 1, at: '09:00' }, 'Asia/Kolkata', NOON, '2027-01-16T03:30:00.000Z'],
  ['the last day of a year', { inDays: 350, at: '23:59' }, 'UTC', NOON, '2027-12-31T23:59:00.000Z'],
  ['after the clocks went forward that night', { inDays: 72, at: '03:30' }, BERLIN, NOON, '2027-03-28T01:30:00.000Z'],
  ['after the clocks went back that night', { inDays: 289, at: '12:00' }, BERLIN, NOON, '2027-10-31T11:00:00.000Z'],
] as [string, { inDays: number; at: string }, string, number, string][])(
  'days from the import at a time of the venue: %s',
  ([, moment, timeZone, now, expected]) => {
    expect(momentAt(moment, timeZone, now)).toBe(expected)
  },
)

test('reads as that time of the venue, in every time zone and on every day, but for the hour that a clock skips', () => {
  const zones = fc.constantFrom('America/Vancouver', 'Europe/Berlin', 'Asia/Kolkata', 'Pacific/Auckland', 'Australia/Lord_Howe', 'UTC')
  fc.assert(
    fc.property(
      zones,
      fc.nat({ max: 1000 }),
      fc.integer({ min: 4, max: 23 }),
      fc.integer({ min: 0, max: 59 }),
      (timeZone, inDays, h, m) => {
        const at = `${String(h).padStart(2, '0')}:${String(m).padStart(2, '0')}`
        const moment = new Date(momentAt({ inDays, at }, timeZone, NOON))
        const time = new Intl.DateTimeFormat('en-GB', { timeZone, hour: '2-digit', minute: '2-digit' }).format(moment)
        expect(time).toBe(at)
      },
    ),
    { numRuns: 300 },
  )
})
