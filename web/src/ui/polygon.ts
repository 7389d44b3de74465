/** Outlines of zones as the plan of a venue has them. */
export type Corner = readonly [x: number, y: number]

export function outline(corners: readonly Corner[]): string {
  return `M${corners.map(([x, y]) => `${x} ${y}`).join('L')}Z`
}

/** A letter of the plan's narrow type is half as wide as it is high. */
const LETTER = 0.5

/** Twice the area, with a sign that says which way round the corners go, and the sums of the centre. */
function sums(corners: readonly Corner[]): { twice: number; x: number; y: number } {
  let [twice, x, y] = [0, 0, 0]
  corners.forEach(([x1, y1], at) => {
    const [x2, y2] = corners[(at + 1) % corners.length] ?? [x1, y1]
    const cross = x1 * y2 - x2 * y1
    twice += cross
    x += (x1 + x2) * cross
    y += (y1 + y2) * cross
  })
  return { twice, x, y }
}

export function centreOf(corners: readonly Corner[]): Corner {
  const { twice, x, y } = sums(corners)
  if (twice === 0) return corners[0] ?? [0, 0]
  return [x / (3 * twice), y / (3 * twice)]
}

/** A number that fills its zone without touching the edge. */
export function labelSize(corners: readonly Corner[]): number {
  const side = Math.sqrt(Math.abs(sums(corners).twice) / 2)
  return Math.max(12, Math.min(28, side * 0.32))
}

/** How wide a text of that height can be that is centred at a point inside: 0 where it would stand out above or below. */
export function roomAt(corners: readonly Corner[], [x, y]: Corner, height: number): number {
  const rooms = [y - height / 2, y, y + height / 2].map((level) => {
    const crossings = crossingsAt(corners, level)
    const left = crossings.filter((at) => at <= x)
    const right = crossings.filter((at) => at > x)
    return left.length === 0 || right.length === 0 ? 0 : 2 * Math.min(x - Math.max(...left), Math.min(...right) - x)
  })
  return Math.min(...rooms)
}

/** Where the outline meets a level. */
function crossingsAt(corners: readonly Corner[], level: number): number[] {
  return corners.flatMap(([x1, y1], at) => {
    const [x2, y2] = corners[(at + 1) % corners.length] ?? [x1, y1]
    return y1 <= level === y2 <= level ? [] : [x1 + ((level - y1) / (y2 - y1)) * (x2 - x1)]
  })
}

/** The usual size, or the least one that can be read where that is larger or alone has room; null where none has. */
export function fittingSize(corners: readonly Corner[], letters: number, least: number): number | null {
  const centre = centreOf(corners)
  const fits = (size: number) => letters * LETTER * size <= roomAt(corners, centre, size)
  return [Math.max(labelSize(corners), least), least].find(fits) ?? null
}
