/** Buying over HTTP: what a sale answers, where it shows, and every way in which it is refused. */
import type { EventDetail, ZoneSeats } from '@onsale/contract/events'
import type { Sales } from '@onsale/contract/sales'
import type { SoldTicket, SoldTickets, Ticket } from '@onsale/contract/tickets'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Answer, problem } from '../../test/answer.ts'
import { atBarn, BARN, event, HALL, HALL_SEATS, oneZone } from '../../test/house.ts'
import { startTestPlatform, type TestPlatform } from '../../test/platform.ts'

const DAY = 86_400_000
const small = oneZone('Small', 2, 3)
const onsale: TestPlatform = await startTestPlatform({
  house: {
    venues: [HALL, BARN, ...small.venues],
    events: [
      ...['Single', 'Case', 'Lists', 'Best', 'Dear', 'Wheels', 'Bounds', 'Cheap', 'Few'].map((id) => event(id)),
      event('Fair', atBarn),
      event('Row', atBarn),
      event('Capped', { maxPerOrder: 3 }),
      event('Checkout', { sale: 'checkout' }),
      event('Soon', { saleStartsAt: new Date(Date.now() + DAY).toISOString() }),
      event('Over', { saleStartsAt: new Date(Date.now() - 2 * DAY).toISOString(), saleEndsAt: new Date(Date.now() - DAY).toISOString() }),
      event('Hidden', { active: false }),
      ...small.events,
    ],
  },
})
afterAll(() => onsale.stop())

const seat = (eventId: string, zoneId: number, row: string, column: string | number) => ({ venueId: 'Hall', eventId, zoneId, row, column })
const best = (eventId: string, quantity: number, more: object = {}) => ({ venueId: 'Hall', eventId, quantity, ...more })
const names = (answer: Answer): string[] => answer.json<SoldTickets>().tickets.map(({ zoneId, row, column }) => `${zoneId}${row}${column}`)
const positionOf = (answer: Answer): string => String(answer.headers['onsale-position'])

function refused(answer: Answer, status: number, code: string) {
  expect([answer.status, answer.json<{ code: string }>().code], answer.text).toEqual([status, code])
  return problem(answer)
}
const fields = (answer: Answer): string[] => (problem(answer).errors ?? []).map(({ field }) => field)

async function sold(wish: object): Promise<Answer> {
  const answer = await onsale.buy({ ...wish })
  expect(answer.status, answer.text).toBe(201)
  return answer
}

describe('one named seat', () => {
  let answer: Answer
  let ticket: SoldTicket
  beforeAll(async () => {
    answer = await sold(seat('Single', 1, 'A', '1'))
    ticket = answer.json()
  })

  it('is answered with the whole ticket, its place and its position', () => {
    expect(ticket).toEqual({
      ticketId: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/),
      venueId: 'Hall',
      eventId: 'Single',
      zoneId: 1,
      row: 'A',
      column: '1',
      status: 'PAID',
      price: 5000,
      currency: 'CAD',
      createdOn: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      purchaseTime: ticket.createdOn,
    })
    expect(answer.headers.location).toBe(`/query/api/v1/tickets/${ticket.ticketId}`)
    expect(positionOf(answer)).not.toBe('')
    expect(answer.headers['idempotency-replayed']).toBeUndefined()
    expect(answer.headers['content-type']).toBe('application/json; charset=utf-8')
  })

  it('is found at its Location at once by who names the position', async () => {
    const { purchaseTime, ...public_ } = ticket
    expect(await onsale.read<Ticket>(answer.headers.location as string, positionOf(answer))).toEqual(public_)
    expect(purchaseTime).toBe(public_.createdOn)
  })

  it('shows alike in count, revenue, sales, list, seats and event', async () => {
    const after = positionOf(answer)
    expect(await onsale.read('/query/api/v1/tickets/count/Single', after)).toEqual({ eventId: 'Single', count: 1 })
    expect(await onsale.read('/query/api/v1/tickets/revenue/Hall/Single', after)).toEqual({
      venueId: 'Hall',
      eventId: 'Single',
      totalRevenue: 5000,
      currency: 'CAD',
    })
    const sales = await onsale.read<Sales>('/query/api/v1/sales?eventId=Single&by=zone,row,column', after)
    expect(sales).toMatchObject({ sold: 1, revenue: 5000, currency: 'CAD', by: { row: [{ row: 'A', sold: 1, revenue: 5000 }] } })
    expect(sales.by.zone?.find(({ zoneId }) => zoneId === 1)).toEqual({ venueId: 'Hall', zoneId: 1, sold: 1, revenue: 5000 })
    const list = await onsale.read<Ticket[]>('/query/api/v1/tickets?eventId=Single', after)
    expect(list.map(({ ticketId }) => ticketId)).toEqual([ticket.ticketId])
    const seats = await onsale.read<ZoneSeats>('/query/api/v1/events/Single/zones/1/seats', after)
    expect(seats.seats).toBe(`s${'.'.repeat(23)}`)
    const detail = await onsale.read<EventDetail>('/query/api/v1/events/Single', after)
    expect(detail).toMatchObject({ sold: 1, held: 0, available: HALL_SEATS - 1 })
    expect(detail.zones[0]).toMatchObject({ zoneId: 1, sold: 1, held: 0, available: 23 })
  })

  it('is refused to the second buyer, who learns which seat and whether to look near by', async () => {
    expect(refused(await onsale.buy(seat('Single', 1, 'A', 1)), 409, 'seat-occupied')).toMatchObject({
      seats: [{ zoneId: 1, row: 'A', column: '1' }],
      zoneFull: false,
      rowFull: false,
    })
  })
})

describe('names of seats', () => {
  it('mean the same in any case, as a number and as a text', async () => {
    expect((await sold(seat('Case', 1, 'c', 2))).json<SoldTicket>()).toMatchObject({ row: 'C', column: '2' })
    for (const column of [2, '2'])
      for (const row of ['c', 'C']) refused(await onsale.buy(seat('Case', 1, row, column)), 409, 'seat-occupied')
  })

  it('go on with AA after Z', async () => {
    expect((await sold(seat('Case', 3, 'aD', '10'))).json<SoldTicket>()).toMatchObject({ row: 'AD', column: '10' })
    expect(fields(await onsale.buy(seat('Case', 3, 'AE', '1')))).toEqual(['row'])
  })

  it.each([
    ['a row beyond the last', { row: 'E' }, ['row']],
    ['a column beyond the last', { column: 7 }, ['column']],
    ['both beyond', { row: 'ZZZ', column: '10000' }, ['row', 'column']],
    ['a row in digits', { row: '1' }, ['row']],
    ['column 0', { column: 0 }, ['column']],
    ['column -1', { column: '-1' }, ['column']],
    ['a gap', { zoneId: 2, row: 'A', column: 1 }, ['column']],
  ])('are refused with every field at fault: %s', async (_, change, at) => {
    const answer = await onsale.buy({ ...seat('Bounds', 1, 'A', 1), ...change })
    refused(answer, 400, 'bad-input')
    expect(fields(answer)).toEqual(at)
  })
})

describe('a list of seats', () => {
  const list = (...seats: [zoneId: number, row: string, column: number][]) => ({
    venueId: 'Hall',
    eventId: 'Lists',
    seats: seats.map(([zoneId, row, column]) => ({ zoneId, row, column })),
  })

  it('is sold whole, exactly as named', async () => {
    const answer = await sold(list([1, 'A', 1], [1, 'b', 3], [1, 'B', 4]))
    expect(names(answer)).toEqual(['1A1', '1B3', '1B4'])
    expect(new Set(answer.json<SoldTickets>().tickets.map(({ ticketId }) => ticketId)).size).toBe(3)
  })

  it('is not sold at all when one of its seats is taken, and that one is named', async () => {
    const { seats } = refused(await onsale.buy(list([1, 'C', 1], [1, 'B', 3], [1, 'C', 2])), 409, 'seat-occupied')
    expect(seats).toEqual([{ zoneId: 1, row: 'B', column: '3' }])
    await onsale.settle()
    expect((await onsale.read<ZoneSeats>('/query/api/v1/events/Lists/zones/1/seats')).seats).toBe('s.......ss..............')
  })

  it.each([
    ['two zones', list([1, 'D', 1], [3, 'D', 1]), ['seats[1].zoneId']],
    ['a seat named twice', list([1, 'D', 1], [1, 'd', 1]), ['seats[1]']],
    ['seats beyond the zone', list([1, 'D', 1], [1, 'E', 1], [1, 'D', 7]), ['seats[1].row', 'seats[2].column']],
    [
      'more than maxPerOrder',
      list(...Array.from({ length: 11 }, (_, i): [number, string, number] => [3, 'A', (i % 10) + 1])),
      ['seats', 'seats[10]'],
    ],
    ['a zone beside it', { ...list([1, 'D', 1]), zoneId: 1 }, ['zoneId']],
    ['a price limit beside it', { ...list([1, 'D', 1]), maxPrice: 1 }, ['maxPrice']],
    ['a quantity beside it', { ...list([1, 'D', 1]), quantity: 1 }, ['seats', 'quantity']],
  ])('is refused with every field at fault: %s', async (_, wish, at) => {
    const answer = await onsale.buy(wish)
    refused(answer, 400, 'bad-input')
    expect(fields(answer)).toEqual(at)
  })
})

describe('the best available', () => {
  it('is the earliest run in the organiser’s order of zones', async () => {
    expect(names(await sold(best('Best', 4)))).toEqual(['1A1', '1A2', '1A3', '1A4'])
    expect(names(await sold(best('Best', 3)))).toEqual(['1B1', '1B2', '1B3'])
    expect(names(await sold(best('Best', 2)))).toEqual(['1A5', '1A6'])
  })

  it('stays in the zone and the row that were asked for', async () => {
    expect(names(await sold(best('Best', 2, { zoneId: 3 })))).toEqual(['3A1', '3A2'])
    expect(names(await sold(best('Best', 2, { zoneId: 3, row: 'ab' })))).toEqual(['3AB1', '3AB2'])
  })

  it('costs at most maxPrice a seat', async () => {
    expect(names(await sold(best('Dear', 2, { maxPrice: 2999 })))).toEqual(['3A1', '3A2'])
    expect(names(await sold(best('Dear', 2, { maxPrice: 5000 })))).toEqual(['1A1', '1A2'])
    expect(refused(await onsale.buy(best('Dear', 2, { maxPrice: 1999 })), 409, 'no-seats-at-price')).toMatchObject({ priceFrom: 2000 })
  })

  it('holds a wheelchair place when it is to be accessible', async () => {
    expect(names(await sold(best('Wheels', 2, { accessible: true })))).toEqual(['2B1', '2B2'])
    refused(await onsale.buy(best('Wheels', 1, { accessible: true })), 409, 'not-enough-seats')
  })

  it('leaves wheelchair places for last', async () => {
    expect(names(await sold(best('Cheap', 4, { zoneId: 2 })))).toEqual(['2A2', '2A3', '2A4', '2A5'])
    expect(names(await sold(best('Cheap', 3, { zoneId: 2 })))).toEqual(['2C1', '2C2', '2C3'])
    expect(names(await sold(best('Cheap', 2, { zoneId: 2 })))).toEqual(['2B4', '2B5'])
    expect(names(await sold(best('Cheap', 1, { zoneId: 2 })))).toEqual(['2B1'])
  })

  it('is sold in largest blocks where no run is left', async () => {
    for (const column of [2, 4])
      await sold({ venueId: 'Barn', eventId: 'Fair', zoneId: 1, row: column === 2 ? 'A' : 'B', column: column === 2 ? 2 : 1 })
    expect(names(await sold({ venueId: 'Barn', eventId: 'Fair', quantity: 3 }))).toEqual(['1A1', '1B2', '1B3'])
  })

  it.each([
    ['more than maxPerOrder', best('Capped', 4), ['quantity']],
    ['a row without a zone', best('Capped', 1, { row: 'A' }), ['row']],
    ['a row beyond the zone', best('Capped', 1, { zoneId: 1, row: 'E' }), ['row']],
    ['a column beside it', { ...best('Capped', 1), zoneId: 1, row: 'A', column: 1 }, ['column', 'quantity']],
    ['nothing at all', { venueId: 'Hall', eventId: 'Capped' }, ['zoneId', 'row', 'column']],
  ])('is refused with every field at fault: %s', async (_, wish, at) => {
    const answer = await onsale.buy(wish)
    refused(answer, 400, 'bad-input')
    expect(fields(answer)).toEqual(at)
  })
})

describe('a full house', () => {
  const inBarn = (more: object) => ({ venueId: 'Barn', eventId: 'Row', ...more })

  it('is told as row full, not enough seats, then zone full, and named seats as occupied', async () => {
    await sold(inBarn({ zoneId: 1, row: 'A', quantity: 3 }))
    expect(refused(await onsale.buy(inBarn({ zoneId: 1, row: 'A', quantity: 1 })), 409, 'row-full')).toMatchObject({ row: 'A', zoneId: 1 })
    expect(refused(await onsale.buy(inBarn({ zoneId: 1, row: 'A', column: 1 })), 409, 'seat-occupied')).toMatchObject({
      rowFull: true,
      zoneFull: false,
    })
    expect(refused(await onsale.buy(inBarn({ zoneId: 1, quantity: 4 })), 409, 'not-enough-seats')).toMatchObject({ available: 3 })
    await sold(inBarn({ zoneId: 1, quantity: 3 }))
    expect(refused(await onsale.buy(inBarn({ zoneId: 1, quantity: 1 })), 409, 'zone-full')).toMatchObject({ zoneId: 1 })
    refused(await onsale.buy(inBarn({ quantity: 1 })), 409, 'zone-full')
    expect(refused(await onsale.buy(inBarn({ zoneId: 1, row: 'B', column: 2 })), 409, 'seat-occupied')).toMatchObject({
      rowFull: true,
      zoneFull: true,
    })
  })

  it('takes nothing when fewer seats are left than were asked for', async () => {
    const wish = { venueId: 'Small', eventId: 'Small', zoneId: 1 }
    await sold({ ...wish, quantity: 4 })
    expect(refused(await onsale.buy({ ...wish, quantity: 3 }), 409, 'not-enough-seats')).toMatchObject({ available: 2 })
    await onsale.settle()
    expect(await onsale.read('/query/api/v1/tickets/count/Small')).toEqual({ eventId: 'Small', count: 4 })
    await sold({ ...wish, quantity: 2 })
  })
})

describe('what does not exist or is not sold here', () => {
  it.each([
    ['an unknown venue', { venueId: 'hall' }, 404, 'unknown-venue', { venueId: 'hall' }],
    ['an unknown event', { eventId: 'few' }, 404, 'unknown-event', { eventId: 'few' }],
    ['an unknown zone', { zoneId: 4 }, 404, 'unknown-zone', { zoneId: 4 }],
    ['an event at another venue', { venueId: 'Barn' }, 400, 'event-not-at-venue', { venue: 'Hall' }],
    ['an event sold at checkout', { eventId: 'Checkout' }, 403, 'checkout-required', {}],
    ['a sale that has not begun', { eventId: 'Soon' }, 409, 'event-not-on-sale', { saleStartsAt: expect.any(String) }],
    ['a sale that is over', { eventId: 'Over' }, 409, 'event-not-on-sale', { saleEndsAt: expect.any(String) }],
    ['an event switched off', { eventId: 'Hidden' }, 409, 'event-not-on-sale', {}],
  ])('is refused by its own code: %s', async (_, change, status, code, facts) => {
    expect(refused(await onsale.buy({ ...seat('Few', 1, 'A', 1), ...change }), status, code)).toMatchObject(facts)
  })
})
