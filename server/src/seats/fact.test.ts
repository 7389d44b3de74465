import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { factText, soldFact, ticketsOf, ticketText } from './fact.ts'
import { zoneMap } from './map.ts'
import type { PricedZone, SellableEvent } from './rules.ts'

const map = zoneMap({ zoneId: 7, rows: 60, seatsPerRow: 40, gaps: [], accessible: [], companion: [] })

const sold = fc
  .record({
    eventId: fc.string({ unit: 'binary', minLength: 1 }),
    venueId: fc.string({ unit: 'binary', minLength: 1 }),
    price: fc.nat(),
    ids: fc.uniqueArray(fc.uuid(), { minLength: 1, maxLength: 10 }),
    first: fc.nat(2000),
    trace: fc.option(fc.constant('00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'), { nil: undefined }),
    at: fc.date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate: true }),
  })
  .map(({ eventId, venueId, price, ids, first, at, trace }) => {
    const zone: PricedZone = { key: `${eventId}/7`, map, price }
    const event = { eventId, venueId, currency: 'CAD', zones: new Map([[7, zone]]) } as unknown as SellableEvent
    const seats = ids.map((_, i) => first + i)
    return { at, fact: soldFact(event, zone, seats, ids, { at: at.getTime(), trace }) }
  })

test('facts and tickets are written as JSON.stringify writes them, whatever an organiser calls a venue or an event', () => {
  fc.assert(
    fc.property(sold, ({ fact }) => {
      expect(factText(fact)).toBe(JSON.stringify(fact))
      for (const ticket of ticketsOf(fact)) expect(ticketText(ticket)).toBe(JSON.stringify(ticket))
    }),
  )
})

test('the time of a sale is the time of its command, also when many come in one millisecond', () => {
  fc.assert(
    fc.property(sold, sold, (one, other) => {
      expect(one.fact.createdOn).toBe(one.at.toISOString())
      expect(other.fact.createdOn).toBe(other.at.toISOString())
    }),
  )
})
