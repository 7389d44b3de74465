/**
 * Every page, every link to one, and what a link may carry. What a person could send to a friend stands here; picks and form text do not.
 * No import but types: vite.config.ts reads this file to tell the server which paths are pages.
 */
export const pages = {
  home: '/',
  show: '/shows/$eventId',
  ticket: '/tickets/$ticketId',
  about: '/about',
  problem: '/problems/$code',
} as const

/** The same with the colons that the server's router knows. */
export const pagePatterns = Object.values(pages).map((path) => path.replaceAll('$', ':'))

export type HomeSearch = {
  q?: string | undefined
  type?: string | undefined
  /** Days of the venue, `2027-03-01`; `to` is not included. */
  from?: string | undefined
  to?: string | undefined
  venueId?: string | undefined
}
export type ShowSearch = {
  zone?: number | undefined
  view?: 'map' | 'list' | undefined
  /** How many seats. */
  n?: number | undefined
  /** The most a seat may cost, in minor units. */
  max?: number | undefined
  tier?: string | undefined
}
export type TicketSearch = { with?: string | undefined }
type Raw = Readonly<Record<string, unknown>>

export const homePath = (search: HomeSearch = {}) => ({ to: pages.home, search })
export const showPath = (eventId: string, search: ShowSearch = {}) => ({ to: pages.show, params: { eventId }, search })
/** One ticket of several: the others are its neighbours, in this order. */
export const ticketPath = (ticketId: string, all: readonly string[] = [ticketId]) => ({
  to: pages.ticket,
  params: { ticketId },
  search: all.length > 1 ? { with: neighbours(ticketId, all).join(',') } : {},
})
export const aboutPath = () => ({ to: pages.about })

/** The first ticket leaves itself out, as an answer of the shop does; later ones need their place. */
function neighbours(ticketId: string, all: readonly string[]): readonly string[] {
  return all[0] === ticketId ? all.slice(1) : all
}

/** The tickets of a link, the shown one included. */
export function ticketsOf(ticketId: string, search: TicketSearch): string[] {
  const others = search.with ? search.with.split(',') : []
  return others.includes(ticketId) ? others : [ticketId, ...others]
}

// What somebody typed into the address falls back to the default, without an error. Each parameter is named, with `undefined` where it was
// nonsense: the router lays what is read here over what was typed, and a name that is left out would keep the nonsense.

export function readHomeSearch(raw: Raw): HomeSearch {
  return { q: word(raw.q, 200), type: word(raw.type, 60), from: day(raw.from), to: day(raw.to), venueId: word(raw.venueId, 100) }
}

export function readShowSearch(raw: Raw): ShowSearch {
  return {
    zone: whole(raw.zone, 1, 1_000_000),
    view: raw.view === 'list' || raw.view === 'map' ? raw.view : undefined,
    n: whole(raw.n, 1, 100),
    max: whole(raw.max, 0, Number.MAX_SAFE_INTEGER),
    tier: word(raw.tier, 80),
  }
}

export function readTicketSearch(raw: Raw): TicketSearch {
  const ids = typeof raw.with === 'string' ? raw.with.split(',').filter((id) => /^[0-9a-f-]{36}$/.test(id)) : []
  return { with: ids.length > 0 && ids.length <= 100 ? [...new Set(ids)].join(',') : undefined }
}

/** Plain text on both sides: the router's own form writes JSON, and `?q=1984` would come back as a number. */
export function parseQuery(query: string): Record<string, string> {
  return Object.fromEntries(new URLSearchParams(query))
}

export function writeQuery(search: Raw): string {
  const query = new URLSearchParams(Object.entries(search).flatMap(([key, value]) => (value === undefined ? [] : [[key, String(value)]])))
  const text = query.toString().replaceAll('%2C', ',')
  return text && `?${text}`
}

function word(value: unknown, longest: number): string | undefined {
  return typeof value === 'string' && value.trim() !== '' && value.length <= longest ? value : undefined
}

function whole(value: unknown, least: number, most: number): number | undefined {
  const number = typeof value === 'string' && /^\d{1,16}$/.test(value) ? Number(value) : value
  return typeof number === 'number' && Number.isInteger(number) && number >= least && number <= most ? number : undefined
}

function day(value: unknown): string | undefined {
  if (typeof value !== 'string' || !/^\d{4}-\d\d-\d\d$/.test(value)) return undefined
  const date = new Date(`${value}T00:00:00Z`)
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(value) ? value : undefined
}
