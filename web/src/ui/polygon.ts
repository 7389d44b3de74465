/** Outlines of zones as the plan of a venue has them. */
export type Corner = readonly [x: number, y: number]

export function outline(corners: readonly Corner[]): string {
  return `M${corners.map(([x, y]) => `${x} ${y}`).join('L')}Z`
}

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
