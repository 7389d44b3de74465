/** Geometry: which seats a zone has and what they are called. A seat is its index, row by row: rowIndex * seatsPerRow + column - 1. */

export type ZoneShape = {
  zoneId: number
  rows: number
  seatsPerRow: number
  gaps?: readonly string[]
  accessible?: readonly string[]
  companion?: readonly string[]
}

export type SeatName = { row: string; column: string }

/** A zone made ready for the rules. */
export type ZoneMap = {
  zoneId: number
  rows: number
  seatsPerRow: number
  /** Indices where there is no seat. */
  gaps: ReadonlySet<number>
  accessible: ReadonlySet<number>
  companion: ReadonlySet<number>
  capacity: number
}

/** 0 -> A, 25 -> Z, 26 -> AA: bijective base 26. */
export function rowName(index: number): string {
  const last = String.fromCharCode(65 + (index % 26))
  return index < 26 ? last : rowName(Math.floor(index / 26) - 1) + last
}

/** "A" -> 0, "aa" -> 26; -1 for what is no row name. */
export function rowIndex(name: string): number {
  if (!/^[A-Za-z]{1,3}$/.test(name)) return -1
  let index = 0
  for (let i = 0; i < name.length; i++) index = index * 26 + ((name.charCodeAt(i) & 31) as number)
  return index - 1
}

export function seatName(zone: Pick<ZoneMap, 'seatsPerRow'>, seat: number): SeatName {
  const row = Math.floor(seat / zone.seatsPerRow)
  return { row: rowName(row), column: String(seat - row * zone.seatsPerRow + 1) }
}

/** Throws a sentence naming the range when it does not lie in the zone. */
export function zoneMap(shape: ZoneShape): ZoneMap {
  const gaps = seatSet(shape, 'gaps')
  return {
    zoneId: shape.zoneId,
    rows: shape.rows,
    seatsPerRow: shape.seatsPerRow,
    gaps,
    accessible: seatSet(shape, 'accessible'),
    companion: seatSet(shape, 'companion'),
    capacity: shape.rows * shape.seatsPerRow - gaps.size,
  }
}

function seatSet(shape: ZoneShape, field: 'gaps' | 'accessible' | 'companion'): Set<number> {
  const seats = new Set<number>()
  for (const range of shape[field] ?? []) {
    const [from, to] = range.split('-').map((name) => namedSeat(shape, name)) as [number, number | undefined]
    const last = to ?? from
    const oneRow = Math.floor(from / shape.seatsPerRow) === Math.floor(last / shape.seatsPerRow)
    if (from < 0 || last < from || !oneRow)
      throw new RangeError(`${field} of zone ${shape.zoneId}: ${range} is no range of seats in one row of it`)
    for (let seat = from; seat <= last; seat++) seats.add(seat)
  }
  return seats
}

function namedSeat(shape: ZoneShape, name: string): number {
  const [, row = '', column = ''] = /^([A-Za-z]+)([0-9]+)$/.exec(name) ?? []
  const r = rowIndex(row)
  const c = Number(column)
  return r < 0 || r >= shape.rows || c < 1 || c > shape.seatsPerRow ? -1 : r * shape.seatsPerRow + c - 1
}
