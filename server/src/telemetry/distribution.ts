/**
 * How often what was how large, in plain numbers: a purchase passes here twice. One value takes 5 ns; prom-client's histogram, which makes
 * an object and a text of its labels each time, takes 120.
 */
export class Distribution {
  /** Of the values up to each bound and above the bound before; the last of what is above all of them. */
  readonly counts: number[]
  readonly bounds: readonly number[]
  sum = 0

  constructor(bounds: readonly number[]) {
    this.bounds = bounds
    this.counts = new Array<number>(bounds.length + 1).fill(0)
  }

  add(value: number): void {
    const { bounds, counts } = this
    let i = 0
    while (i < bounds.length && value > (bounds[i] as number)) i++
    counts[i] = (counts[i] as number) + 1
    this.sum += value
  }

  /** Those of another one with the same bounds, which may come from another thread. */
  join({ counts, sum }: Pick<Distribution, 'counts' | 'sum'>): void {
    counts.forEach((count, i) => {
      this.counts[i] = (this.counts[i] as number) + count
    })
    this.sum += sum
  }
}

/** In seconds: 10 ms is a durable purchase, 100 ms is felt, 2 s is the alarm's limit. */
export const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5]
