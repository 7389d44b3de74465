/**
 * Every expected "no": its code, HTTP status and title. Nothing else invents one. The sentence for the buyer is made where the
 * facts are (`detail`), and in the reader's language by the web app, which has one key per code.
 *
 * 4xx changed nothing. 503 carries Retry-After and may be asked again with the same Idempotency-Key.
 */
export const refusals = {
  'seat-occupied': {
    status: 409,
    title: 'The seat is taken',
    about:
      'A seat you named belongs to someone else. `seats` names the taken ones; `zoneFull` and `rowFull` say whether it is worth looking near by.',
  },
  'zone-full': {
    status: 409,
    title: 'The zone is full',
    about: 'No seat is left in this zone, or in the whole house when no zone was named.',
  },
  'row-full': { status: 409, title: 'The row is full', about: 'No seat is left in this row.' },
  'not-enough-seats': {
    status: 409,
    title: 'Not enough seats',
    about: 'Fewer seats are free where you look than you asked for. `available` says how many there are.',
  },
  'no-seats-at-price': {
    status: 409,
    title: 'No seats at this price',
    about: 'Nothing is free up to `maxPrice`. `priceFrom` is the cheapest price with a free seat, when there is one.',
  },
  'event-not-on-sale': {
    status: 409,
    title: 'The event is not on sale',
    about: 'Its sale has not begun, has ended, or is switched off. `saleStartsAt` and `saleEndsAt` say when.',
  },
  'checkout-required': {
    status: 403,
    title: 'Hold and pay at checkout',
    about: 'Seats of this event are held first and paid at checkout; they cannot be bought in one step.',
  },
  'unknown-venue': { status: 404, title: 'No such venue', about: 'Venue ids are compared exactly, capitals included.' },
  'unknown-event': { status: 404, title: 'No such event', about: 'Event ids are compared exactly, capitals included.' },
  'unknown-zone': { status: 404, title: 'No such zone', about: 'The venue has no zone of this number.' },
  'unknown-ticket': { status: 404, title: 'No such ticket', about: 'No ticket has this id.' },
  'unknown-problem': { status: 404, title: 'No such problem', about: 'No problem has this code.' },
  'event-not-at-venue': {
    status: 400,
    title: 'The event is at another venue',
    about: 'Event and venue exist, but the event takes place elsewhere: `venue` names it.',
  },
  'bad-input': {
    status: 400,
    title: 'The request does not fit',
    about: '`errors` names every field that breaks the schema or, when the schema holds, every one that is out of bounds.',
  },
  'malformed-json': { status: 400, title: 'The body is not JSON', about: 'Send one JSON object in UTF-8.' },
  'bad-position': {
    status: 400,
    title: 'Not a position',
    about: '`Onsale-After` takes the tokens that `Onsale-Position` gave, joined by commas.',
  },
  'bad-origin': {
    status: 403,
    title: 'Not from this site',
    about: 'A request that changes something and carries a cookie must come from our own pages.',
  },
  'route-not-found': {
    status: 404,
    title: 'Nothing is here',
    about: 'No such path. `availableServices` lists the prefixes that are served.',
  },
  'method-not-allowed': { status: 405, title: 'Not with this method', about: '`Allow` and `supportedMethods` list what the path takes.' },
  'body-too-large': { status: 413, title: 'The body is too large', about: 'A body has at most 64 KiB.' },
  'unsupported-media-type': { status: 415, title: 'Only JSON is taken', about: 'Send `Content-Type: application/json`.' },
  'uri-too-long': { status: 414, title: 'The address is too long', about: 'A part of the path has at most 100 characters.' },
  'headers-too-large': { status: 431, title: 'The headers are too large', about: 'All headers together have at most 16 KiB.' },
  'expectation-failed': { status: 417, title: 'Cannot expect this', about: 'Only `Expect: 100-continue` is known.' },
  'request-timeout': {
    status: 408,
    title: 'The request took too long to arrive',
    about: 'Headers and body have to arrive within half a minute.',
  },
  'bad-request': { status: 400, title: 'Not a valid HTTP request', about: 'The request could not be read.' },
  'idempotency-key-reused': {
    status: 422,
    title: 'The key was used for something else',
    about: 'An Idempotency-Key belongs to one request. Use a new key for another one.',
  },
  busy: { status: 503, title: 'Busy', about: 'A queue inside is full. Nothing was done; ask again after `Retry-After` seconds.' },
  'not-caught-up': {
    status: 503,
    title: 'Not caught up yet',
    about: 'The read side has not reached the position you named within two seconds. Ask again.',
  },
  'zone-not-open': {
    status: 503,
    title: 'The zone is not open',
    about: 'The ledger does not know this zone, so nothing is sold in it until it is opened or rebuilt.',
  },
  'not-ready': {
    status: 503,
    title: 'Not ready',
    about:
      'This process does not take work right now: it starts, it stops, or something that it needs does not answer. Ask again with the same key.',
  },
  'internal-error': { status: 500, title: 'Our mistake', about: 'This should not happen. `requestId` finds it in the logs.' },
} as const satisfies Record<string, { status: number; title: string; about: string }>

export type RefusalCode = keyof typeof refusals

/** One field that does not fit: a JSON path such as `seats[0].column`, and a sentence. */
export type FieldError = { field: string; message: string }

/** An expected "no", thrown by rules and commands; the edge looks up its status. `facts` go into the problem as they are. */
export class Refusal extends Error {
  readonly code: RefusalCode
  readonly facts: Readonly<Record<string, unknown>>
  constructor(code: RefusalCode, detail: string, facts: Readonly<Record<string, unknown>> = {}) {
    super(detail)
    this.name = 'Refusal'
    this.code = code
    this.facts = facts
  }
}

export function badInput(errors: readonly FieldError[]): Refusal {
  const fields = errors.map(({ field, message }) => `${field}: ${message}`).join('; ')
  return new Refusal('bad-input', fields, { errors })
}
