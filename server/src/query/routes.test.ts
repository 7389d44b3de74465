/** Reading over HTTP: lists, figures, seats, events and venues, and what is said of those that do not exist. */
import type { EventDetail, EventSummary, ZoneSeats } from '@onsale/contract/events'
import type { Sales } from '@onsale/contract/sales'
import type { SoldTickets, Ticket } from '@onsale/contract/tickets'
import type { Venue } from '@onsale/contract/venues'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { type Answer, problem } from '../../test/answer.ts'
import { atBarn, BARN, event, HALL, HALL_SEATS } from '../../test/house.ts'
import { startTestPlatform, type TestPlatform } from '../../test/platform.ts'
import { createHttp } from '../http.ts'
import { createReport } from '../report.ts'
import { watchPositions } from './positions.ts'
import { createQueries, type Queries } from './queries.ts'
import { addQueryRoutes } from './routes.ts'
import { createStreams } from './stream.ts'

const onsale: TestPlatform = await startTestPlatform({
  house: {
    venues: [HALL, BARN],
    events: [
      event('Play', { name: 'Ödipus, 100% live', description: 'Twice as tragic.', startsAt: { inDays: 10, at: '19:30' } }),
      event('Fair', { ...atBarn, name: 'Snow_Fair', type: 'Festival', startsAt: { inDays: 20, at: '10:00' }, currency: 'EUR' }),
      event('Match', { ...atBarn, type: 'Sports', startsAt: { inDays: 5, at: '18:00' }, saleStartsAt: { inDays: 1, at: '10:00' } }),
      event('Quiet', { startsAt: { inDays: 40, at: '20:00' }, doorsOpenAt: { inDays: 40, at: '19:00' }, holdSeconds: 60, maxPerOrder: 4 }),
      event('Over', { startsAt: '2024-01-01T20:00:00-08:00' }),
      event('Hidden', { active: false }),
    ],
  },
})
afterAll(() => onsale.stop())

/** Oldest first. */
const sold: Ticket[] = []
async function sell(wish: object): Promise<void> {
  const answer = await onsale.buy({ ...wish })
  expect(answer.status, answer.text).toBe(201)
  const { tickets } = answer.json<SoldTickets>()
  sold.push(...tickets.map(({ purchaseTime: _, ...ticket }) => ticket))
}
beforeAll(async () => {
  for (const quantity of [1, 3, 2]) await sell({ venueId: 'Hall', eventId: 'Play', zoneId: 3, quantity })
  await sell({ venueId: 'Barn', eventId: 'Fair', quantity: 2 })
  await sell({ venueId: 'Hall', eventId: 'Play', zoneId: 2, row: 'c', quantity: 1 })
  await onsale.settle()
})
const newestFirst = (tickets: readonly Ticket[]) => tickets.map(({ ticketId }) => ticketId).toReversed()
const idsOf = (tickets: readonly Ticket[]) => tickets.map(({ ticketId }) => ticketId)
const list = (query: string) => onsale.read<Ticket[]>(`/query/api/v1/tickets${query}`)

const next = ({ headers }: Answer): string | undefined => /^<([^>]+)>; rel="next"$/.exec(String(headers.link ?? ''))?.[1]
async function everyPage<T>(path: string): Promise<T[][]> {
  const pages: T[][] = []
  for (let at: string | undefined = path; at; ) {
    const answer = await onsale.get(at)
    expect(answer.status, answer.text).toBe(200)
    pages.push(answer.json<T[]>())
    at = next(answer)
  }
  return pages
}

describe('the list of tickets', () => {
  it('is newest first by commit, and each ticket reads as it was sold', async () => {
    const tickets = await list('')
    expect(idsOf(tickets)).toEqual(newestFirst(sold))
    expect(tickets[0]).toEqual(sold.at(-1))
  })

  it.each([1, 2, 4, 9, 200])('gives each ticket once over pages of %i', async (limit) => {
    const pages = await everyPage<Ticket>(`/query/api/v1/tickets?limit=${limit}`)
    expect(idsOf(pages.flat())).toEqual(newestFirst(sold))
    expect(pages).toHaveLength(Math.ceil(sold.length / limit))
  })

  it('stays in place when more is sold between two pages, and keeps its filters', async () => {
    const first = await onsale.get('/query/api/v1/tickets?eventId=Play&limit=2')
    const before = newestFirst(sold.filter(({ eventId }) => eventId === 'Play'))
    await sell({ venueId: 'Hall', eventId: 'Play', zoneId: 3, quantity: 1 })
    await onsale.settle()
    const rest = await everyPage<Ticket>(next(first) as string)
    expect([...idsOf(first.json<Ticket[]>()), ...idsOf(rest.flat())]).toEqual(before)
  })

  it('is filtered by event, venue, status and time', async () => {
    expect(idsOf(await list('?eventId=Fair'))).toEqual(newestFirst(sold.filter(({ eventId }) => eventId === 'Fair')))
    expect(idsOf(await list('?venueId=Hall'))).toEqual(newestFirst(sold.filter(({ venueId }) => venueId === 'Hall')))
    expect(await list('?eventId=Fair&venueId=Hall')).toEqual([])
    expect(await list('?eventId=Nothing')).toEqual([])
    expect(await list('?status=CANCELLED')).toEqual([])
    expect(await list('?status=PAID')).toHaveLength(sold.length)
    const at = sold[0]?.createdOn as string
    expect(idsOf(await list(`?from=${at}`))).toEqual(newestFirst(sold))
    expect(await list(`?to=${at}`)).toEqual([])
    const shifted = new Date(Date.parse(at) + 2 * 3_600_000).toISOString().replace('Z', '+02:00')
    expect(await list(`?to=${encodeURIComponent(shifted)}`)).toEqual([])
  })

  it('has no next page behind the last', async () => {
    expect(next(await onsale.get(`/query/api/v1/tickets?limit=${sold.length}`))).toBeUndefined()
  })
})

describe('figures', () => {
  it('are 0 where nothing is sold', async () => {
    expect(await onsale.read('/query/api/v1/tickets/count/Quiet')).toEqual({ eventId: 'Quiet', count: 0 })
    expect(await onsale.read('/query/api/v1/tickets/revenue/Hall/Quiet')).toEqual({
      venueId: 'Hall',
      eventId: 'Quiet',
      totalRevenue: 0,
      currency: 'CAD',
    })
    expect(await onsale.read('/query/api/v1/sales?eventId=Quiet&by=row,column')).toEqual({
      sold: 0,
      revenue: 0,
      currency: 'CAD',
      by: { row: [], column: [] },
    })
  })

  it('add up the same by every dimension', async () => {
    const sales = await onsale.read<Sales>('/query/api/v1/sales?eventId=Play&by=event,venue,zone,row,column')
    const mine = sold.filter(({ eventId }) => eventId === 'Play')
    const total = { sold: mine.length, revenue: mine.reduce((sum, { price }) => sum + price, 0) }
    expect(sales).toMatchObject({ ...total, currency: 'CAD' })
    const sums = Object.values(sales.by).map((groups) =>
      groups.reduce((sum, each) => ({ sold: sum.sold + each.sold, revenue: sum.revenue + each.revenue }), { sold: 0, revenue: 0 }),
    )
    expect(sums).toEqual(Array(5).fill(total))
    expect(sales.by.event).toEqual([{ eventId: 'Play', currency: 'CAD', ...total }])
    expect(sales.by.venue).toEqual([{ venueId: 'Hall', ...total }])
    expect(sales.by.zone?.map(({ zoneId, sold: n }) => [zoneId, n])).toEqual([
      [1, 0],
      [2, 1],
      [3, mine.length - 1],
    ])
    expect(sales.by.row?.map(({ row }) => row)).toEqual(['A', 'C'])
    expect(sales.by.column?.map(({ column }) => Number(column))).toEqual(
      [...new Set(mine.map(({ column }) => Number(column)))].sort((a, b) => a - b),
    )
  })

  it('of the whole house name no currency when there are several', async () => {
    const sales = await onsale.read<Sales>('/query/api/v1/sales?by=venue')
    expect(sales).toMatchObject({ sold: sold.length, currency: null })
    expect(sales.by.venue?.map(({ venueId }) => venueId).sort()).toEqual(['Barn', 'Hall'])
  })
})

describe('the seats of a zone', () => {
  const path = '/query/api/v1/events/Play/zones/2/seats'

  it('are one letter each, with spaces where no seat is', async () => {
    expect(await onsale.read<ZoneSeats>(path)).toEqual({ eventId: 'Play', zoneId: 2, rows: 3, seatsPerRow: 5, seats: ' .........s..  ' })
  })

  it('are not sent again while they stand, and are when one is sold', async () => {
    const first = await onsale.get(path)
    const etag = String(first.headers.etag)
    expect(etag).toMatch(/^"[^"]+"$/)
    expect(first.headers['cache-control']).toBe('no-cache')
    for (const known of [etag, `W/${etag}`, `"old", ${etag}`, '*']) {
      const again = await onsale.get(path, { 'if-none-match': known })
      expect([again.status, again.text, again.headers.etag], known).toEqual([304, '', etag])
    }
    for (const garbage of ['', '"', '"-1"', 'null', ',,,', '{}', '"x" "y"', etag.replaceAll('"', '')]) {
      const whole = await onsale.get(path, { 'if-none-match': garbage })
      expect([whole.status, whole.text], garbage).toEqual([200, first.text])
    }
    await sell({ venueId: 'Hall', eventId: 'Play', zoneId: 2, quantity: 1 })
    await onsale.settle()
    const changed = await onsale.get(path, { 'if-none-match': etag })
    expect(changed.status).toBe(200)
    expect(changed.headers.etag).not.toBe(etag)
  })
})

describe('events', () => {
  const search = async (query: string) => (await onsale.read<EventSummary[]>(`/query/api/v1/events${query}`)).map(({ eventId }) => eventId)

  it('are those on sale or yet to be, soonest first', async () => {
    expect(await search('')).toEqual(['Match', 'Play', 'Fair', 'Quiet'])
  })

  it.each<[query: string, found: string[]]>([
    ['?q=fair', ['Fair']],
    ['?q=FAIR+snow', ['Fair']],
    ['?q=barn', ['Match', 'Fair']],
    ['?q=vancouver', ['Play', 'Quiet']],
    ['?q=sports', ['Match']],
    ['?q=%C3%96dipus', ['Play']],
    ['?q=%C3%B6dipus', ['Play']],
    ['?q=100%25', ['Play']],
    ['?q=w_f', ['Fair']],
    ['?q=%25', ['Play']],
    ['?q=%5C', []],
    ["?q='", []],
    ['?q=', ['Match', 'Play', 'Fair', 'Quiet']],
    ['?q=+', ['Match', 'Play', 'Fair', 'Quiet']],
    ['?q=nothing', []],
    ['?type=festival', ['Fair']],
    ['?venueId=Barn', ['Match', 'Fair']],
    ['?venueId=barn', []],
    ['?venueId=Barn&type=Sports&q=match', ['Match']],
  ])('are found by %s', async (query, found) => {
    expect(await search(query)).toEqual(found)
  })

  it('are found by time, the first moment included and the last not', async () => {
    const all = await onsale.read<EventSummary[]>('/query/api/v1/events')
    const [, play, fair] = all as [EventSummary, EventSummary, EventSummary]
    expect(await search(`?from=${play.startsAt}`)).toEqual(['Play', 'Fair', 'Quiet'])
    expect(await search(`?from=${play.startsAt}&to=${fair.startsAt}`)).toEqual(['Play'])
  })

  it('come in pages', async () => {
    const pages = await everyPage<EventSummary>('/query/api/v1/events?limit=1&venueId=Barn')
    expect(pages.map((page) => page.map(({ eventId }) => eventId))).toEqual([['Match'], ['Fair']])
  })

  it('are told whole by id, also when their sale is over', async () => {
    const quiet = await onsale.read<EventDetail>('/query/api/v1/events/Quiet')
    expect(quiet).toMatchObject({
      venue: 'Town Hall',
      city: 'Vancouver',
      timeZone: 'America/Vancouver',
      priceFrom: 2000,
      priceTo: 5000,
      holdSeconds: 60,
      maxPerOrder: 4,
    })
    expect(quiet).toMatchObject({
      available: HALL_SEATS,
      held: 0,
      sold: 0,
      sale: 'instant',
      currency: 'CAD',
      saleEndsAt: quiet.startsAt,
      saleStartsAt: null,
    })
    expect(Date.parse(quiet.startsAt) - Date.parse(quiet.doorsOpenAt as string)).toBe(3_600_000)
    expect(quiet.zones.map(({ zoneId, price, available }) => [zoneId, price, available])).toEqual([
      [1, 5000, 24],
      [2, 3000, 12],
      [3, 2000, 300],
    ])
    expect(quiet.zones[1]).toMatchObject({
      gaps: ['A1', 'C4-C5'],
      accessible: ['B1-B2'],
      companion: ['B3'],
      section: 'Stalls',
      name: null,
      plan: null,
    })
    expect(await onsale.read<EventDetail>('/query/api/v1/events/Over')).toMatchObject({ startsAt: '2024-01-02T04:00:00.000Z' })
  })
})

describe('venues', () => {
  it('come with zones and capacity, by id and in pages', async () => {
    const venues = await onsale.read<Venue[]>('/query/api/v1/venues')
    expect(venues.map(({ venueId, capacity }) => [venueId, capacity])).toEqual([
      ['Barn', 6],
      ['Hall', HALL_SEATS],
    ])
    const pages = await everyPage<Venue>('/query/api/v1/venues?limit=1')
    expect(pages.flat()).toEqual(venues)
    expect(await onsale.read<Venue>('/query/api/v1/venues/Hall')).toEqual(venues[1])
    expect(venues[1]?.zones[1]).toEqual({ zoneId: 2, section: 'Stalls', name: null, rows: 3, seatsPerRow: 5, capacity: 12 })
  })
})

describe('what does not exist is 404 and says so', () => {
  const id = '00000000-0000-7000-8000-000000000000'
  it.each<[path: string, code: string, fact: object]>([
    [`tickets/${id}`, 'unknown-ticket', { ticketId: id }],
    ['tickets/nonsense', 'unknown-ticket', { ticketId: 'nonsense' }],
    ['tickets/__proto__', 'unknown-ticket', { ticketId: '__proto__' }],
    ['tickets/count/play', 'unknown-event', { eventId: 'play' }],
    ['tickets/count/constructor', 'unknown-event', { eventId: 'constructor' }],
    ['tickets/revenue/Hall/Nothing', 'unknown-event', { eventId: 'Nothing' }],
    ['tickets/revenue/hall/Play', 'unknown-venue', { venueId: 'hall' }],
    ['sales?eventId=Nothing', 'unknown-event', { eventId: 'Nothing' }],
    ['events/Nothing', 'unknown-event', { eventId: 'Nothing' }],
    ['events/Hidden', 'unknown-event', { eventId: 'Hidden' }],
    ['events/toString', 'unknown-event', { eventId: 'toString' }],
    ['events/Nothing/zones/1/seats', 'unknown-event', { eventId: 'Nothing' }],
    ['events/Play/zones/4/seats', 'unknown-zone', { zoneId: 4 }],
    ['venues/hall', 'unknown-venue', { venueId: 'hall' }],
    ['events/%00', 'unknown-event', { eventId: '\0' }],
    ['events/%F0%9F%8E%9F', 'unknown-event', { eventId: '🎟' }],
    ['events/..%2F..%2Fhealth', 'unknown-event', { eventId: '../../health' }],
  ])('%s', async (path, code, fact) => {
    const answer = await onsale.get(`/query/api/v1/${path}`)
    expect(answer.status, answer.text).toBe(404)
    expect(problem(answer)).toMatchObject({ code, ...fact })
  })

  it('an event at another venue is 400 and names the venue', async () => {
    const answer = await onsale.get('/query/api/v1/tickets/revenue/Barn/Play')
    expect(answer.status).toBe(400)
    expect(problem(answer)).toMatchObject({ code: 'event-not-at-venue', venue: 'Hall', errors: [{ field: 'venueId' }] })
  })
})

it('renders an event once for everybody, whatever they write behind its address', async () => {
  const sql = await onsale.platform.adapters.sql()
  const queries = createQueries(sql)
  let rendered = 0
  const event: Queries['event'] = (id) => {
    rendered++
    return queries.event(id)
  }
  const report = createReport({ level: 'error', roles: ['query'] })
  const http = createHttp(report)
  const streams = createStreams(queries, report)
  onTestFinished(async () => void (await Promise.all([streams.stop(), http.close()])))
  addQueryRoutes(http, { ...queries, event }, watchPositions(sql), streams)
  const path = '/query/api/v1/events/Play'
  const ask = async (url: string) => (await http.inject({ url, headers: { host: 'x' } })).body
  const bodies = await Promise.all(
    [path, `${path}?`, `${path}?1`, `${path}?2=3`, `http://y${path}`, `${path.replace('P', '%50')}`].map(ask),
  )
  expect(new Set(bodies).size).toBe(1)
  expect(rendered).toBe(1)
})
