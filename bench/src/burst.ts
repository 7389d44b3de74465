/** One buyer after the other takes every seat of an event, and every second one reads the ticket back at once: what does a single client see? */
import type { SoldTicket } from '@onsale/contract/tickets'
import { houseOf, seatOfBuyer, seatsOf } from './house.ts'
import { short, spread } from './numbers.ts'
import { settle } from './options.ts'
import type { Benchmark, Row } from './result.ts'
import { closeBooks, onStage } from './stage.ts'

export const burst: Benchmark = async (options, progress) => {
  const { seats } = settle(options, { seats: [2000, 300] })
  const house = houseOf(seats)
  return onStage([house], async ({ product }) => {
    const count = seatsOf(house)
    const bought = new Float64Array(count)
    const read = new Float64Array(Math.ceil(count / 2))
    const answers: string[] = []
    const differences: string[] = []
    const startedMs = performance.now()
    for (let n = 0; n < count; n++) {
      const atMs = performance.now()
      const { body, location, position } = await buy(product.url, {
        venueId: house.venueId,
        eventId: house.eventId,
        ...seatOfBuyer(house, n),
      })
      bought[n] = performance.now() - atMs
      answers.push(body)
      if (n % 2 === 0) {
        const readAtMs = performance.now()
        const ticket = await (await fetch(product.url + location, { headers: { 'onsale-after': position } })).json()
        read[n / 2] = performance.now() - readAtMs
        const { ticketId } = JSON.parse(body) as SoldTicket
        if ((ticket as SoldTicket).ticketId !== ticketId) differences.push(`ticket ${ticketId} read back as ${JSON.stringify(ticket)}`)
      }
      if ((n + 1) % 500 === 0) progress(`${n + 1} of ${count} seats`)
    }
    const seconds = (performance.now() - startedMs) / 1000
    const books = await closeBooks(product, answers, options)
    const rows = [rowOf('purchase', bought), rowOf('read back, with Onsale-After', read)]
    return {
      tables: [{ title: `${count} seats one after the other in ${short(seconds)} s, ${short(count / seconds)} a second`, rows }],
      goals: [],
      ...books,
      differences: [...differences, ...books.differences],
    }
  })
}

async function buy(url: string, wish: object): Promise<{ body: string; location: string; position: string }> {
  const response = await fetch(`${url}/purchase/api/v1/tickets`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': crypto.randomUUID() },
    body: JSON.stringify(wish),
  })
  const body = await response.text()
  if (response.status !== 201) throw new Error(`${response.status} ${body}`)
  return { body, location: response.headers.get('location') ?? '', position: response.headers.get('onsale-position') ?? '' }
}

function rowOf(what: string, ms: Float64Array): Row {
  const { p50, p95, p99, max } = spread(ms)
  return { '': what, 'p50 ms': short(p50), 'p95 ms': short(p95), 'p99 ms': short(p99), 'max ms': short(max) }
}
