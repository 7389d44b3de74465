/** An opaque place in an ordered list. */
import { badInput } from '@onsale/contract/refusals'

export const formatCursor = (place: readonly (string | number)[]): string => Buffer.from(JSON.stringify(place)).toString('base64url')

/** Throws unless it is a list of the given types. */
export function parseCursor(cursor: string | undefined, types: readonly ('string' | 'number')[]): (string | number)[] | undefined {
  if (cursor === undefined) return undefined
  try {
    const place: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString())
    if (Array.isArray(place) && place.length === types.length && types.every((type, i) => typeof place[i] === type))
      return place as (string | number)[]
  } catch {
    // said below
  }
  throw badInput([{ field: 'cursor', message: 'is not one that a Link header gave' }])
}

/** The page asked for, and the address of the next one if the list goes on: ask for one row more than the limit. */
export function pageOf<T>(
  rows: T[],
  limit: number,
  url: string,
  place: (row: T) => readonly (string | number)[],
): { page: T[]; link: string | undefined } {
  if (rows.length <= limit) return { page: rows, link: undefined }
  const page = rows.slice(0, limit)
  const next = new URL(url, 'http://x')
  next.searchParams.set('cursor', formatCursor(place(page.at(-1) as T)))
  return { page, link: `<${next.pathname}${next.search}>; rel="next"` }
}
