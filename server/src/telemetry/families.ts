/** Metrics that are read where they are kept, at the moment of the scrape: nothing is written twice, and counting is an addition. */
import { collectDefaultMetrics, type Metric, Registry } from 'prom-client'
import { Distribution } from './distribution.ts'

export type Labels = Readonly<Record<string, string | number>>
export type Sample = { labels?: Labels; value: number | Distribution }
export type Family = { name: string; type: 'counter' | 'gauge' | 'histogram'; help: string; read: () => number | Iterable<Sample> }

export function createRegistry(families: readonly Family[]): Registry {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  for (const family of families) registry.registerMetric(asMetric(family))
  return registry
}

/** Of a metric the registry uses its name and what `get` gives. */
function asMetric({ name, type, help, read }: Family): Metric {
  const get = async () => {
    const found = read()
    const samples: Iterable<Sample> = typeof found === 'number' ? [{ value: found }] : found
    return { name, type, help, aggregator: 'sum', values: [...samples].flatMap((sample) => linesOf(name, sample)) }
  }
  return { name, get } as unknown as Metric
}

type Line = { metricName?: string; labels: Labels; value: number }

function linesOf(name: string, { labels = {}, value }: Sample): Line[] {
  if (!(value instanceof Distribution)) return [{ labels, value }]
  let upTo = 0
  const buckets = [...value.bounds, '+Inf'].map((le, i): Line => {
    upTo += value.counts[i] as number
    return { metricName: `${name}_bucket`, labels: { ...labels, le }, value: upTo }
  })
  return [...buckets, { metricName: `${name}_sum`, labels, value: value.sum }, { metricName: `${name}_count`, labels, value: upTo }]
}
