/** HTTP for instant sales: schema, origin, key and time; decides nothing. */
import { randomUUIDv7 } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { buyTickets } from '@onsale/contract/api'
import { formatPosition } from '@onsale/contract/position'
import type { Wish } from '@onsale/contract/wish'
import type { FastifyInstance } from 'fastify'
import { serveDirectly } from '../direct.ts'
import type { Report } from '../report.ts'
import type { Sale, SeatCommands } from '../seats/commands.ts'
import { ticketText } from '../seats/fact.ts'
import { ANYONE, refuseForeignOrigin } from '../session.ts'
import { commandKey } from './idempotency.ts'

export type Answer = { status: number; headers: Record<string, string>; body: string }

export function addPurchaseRoutes(http: FastifyInstance, commands: SeatCommands, report: Report, onSold: () => void): void {
  async function buy(wish: Wish, headers: IncomingHttpHeaders, trace: string | undefined): Promise<Answer> {
    const at = Date.now()
    refuseForeignOrigin(headers)
    const key = commandKey(headers['idempotency-key'], 'tickets', ANYONE, wish)
    const sale = await commands.sell(wish, { at, newId: randomUUIDv7, trace, ...(key && { key }) })
    if (sale.replayed) report.repeated()
    else report.sold(sale.tickets.length, Date.now() - at)
    onSold()
    return answerOf(sale, wish)
  }

  // The one route where a framework's 8 us a request are a third of the whole: see direct.ts.
  serveDirectly(http, report, buyTickets, buy)
  http.route({
    ...buyTickets,
    handler: async (request, reply) => {
      const { status, headers, body } = await buy(request.body as Wish, request.headers, request.span?.traceparent)
      return reply
        .code(status as 201)
        .headers(headers)
        .type('application/json; charset=utf-8')
        .serializer((text: string) => text)
        .send(body)
    },
  })
}

function answerOf({ tickets, shard, position, replayed }: Sale, wish: Wish): Answer {
  const [first] = tickets
  const headers: Record<string, string> = {
    location: `/query/api/v1/tickets/${first?.ticketId}`,
    'onsale-position': formatPosition({ shard, position }),
  }
  if (replayed) headers['idempotency-replayed'] = 'true'
  const texts = tickets.map(ticketText)
  const alone = wish.column !== undefined
  return { status: 201, headers, body: alone ? (texts[0] as string) : `{"tickets":[${texts}]}` }
}
