/**
 * Where the entry of an idempotency key stands: hash of the key -> position, in memory, open addressing.
 *
 * A hit is only a candidate; the store compares the key itself in the log record. A table keyed by the text in SQLite cost 4 us a
 * purchase (a random B-tree page a key); this costs 0.1 us and 16 to 32 bytes a key of the last day.
 */
export class KeyIndex {
  #tags = new Float64Array(1024)
  #positions = new Float64Array(1024)
  #size = 0
  /** Entries before this position are gone; their keys are dropped when the table would grow. */
  oldest = 0

  add(tag: number, position: number): void {
    if (this.#size * 2 >= this.#tags.length) this.#grow()
    let slot = this.#slot(tag)
    while (this.#tags[slot] !== 0) slot = (slot + 1) & (this.#tags.length - 1)
    this.#tags[slot] = tag
    this.#positions[slot] = position
    this.#size++
  }

  /** Positions under which the key may stand. */
  candidates(tag: number): number[] {
    const found: number[] = []
    for (let slot = this.#slot(tag); this.#tags[slot] !== 0; slot = (slot + 1) & (this.#tags.length - 1))
      if (this.#tags[slot] === tag) found.push(this.#positions[slot] as number)
    return found
  }

  /** `tag % length`, which as a division of floating point numbers was a fifth of what a lookup cost. */
  #slot(tag: number): number {
    return (tag >>> 0) & (this.#tags.length - 1)
  }

  #grow(): void {
    const tags = this.#tags
    const positions = this.#positions
    const length =
      tags.length *
      (positions.reduce((kept, position) => kept + Number(position >= this.oldest && position > 0), 0) * 4 >= tags.length ? 2 : 1)
    this.#tags = new Float64Array(length)
    this.#positions = new Float64Array(length)
    this.#size = 0
    for (let i = 0; i < tags.length; i++)
      if (tags[i] !== 0 && (positions[i] as number) >= this.oldest) this.add(tags[i] as number, positions[i] as number)
  }
}
