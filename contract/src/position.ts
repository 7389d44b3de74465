/** How a client names a place in the log: one opaque token, `Onsale-Position` in answers and `Onsale-After` in questions. */

export type Position = { shard: string; position: number }

export const formatPosition = ({ shard, position }: Position): string => `${shard}-${position}`

/** Several tokens joined by commas; null when one of them is nonsense. */
export function parsePositions(text: string): Position[] | null {
  const positions: Position[] = []
  for (const token of text.split(',')) {
    const [, shard, position] = /^\s*([\w{}/.]{1,64})-([0-9]{1,15})\s*$/.exec(token) ?? []
    if (shard === undefined) return null
    positions.push({ shard, position: Number(position) })
  }
  return positions.length <= 20 ? positions : null
}
