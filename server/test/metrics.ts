/** /metrics, read as Prometheus reads it. */
import { expect } from 'vitest'
import type { Client } from './client.ts'

type Labels = Record<string, string | number>
export type Metrics = {
  /** Of the series with just these labels; 0 where there is none. */
  value(name: string, labels?: Labels): number
  names: Set<string>
  types: Map<string, string>
  text: string
}

export async function metricsOf(client: Pick<Client, 'get'>): Promise<Metrics> {
  const { status, text } = await client.get('/metrics')
  expect(status, text).toBe(200)
  const series = new Map<string, number>()
  for (const line of text.split('\n').filter((each) => each && !each.startsWith('#'))) {
    const [, name, labels = '', value] = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/.exec(line) ?? []
    if (!name) throw new Error(`No line of Prometheus text: ${line}`)
    const key = keyOf(
      name,
      [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, label, text]) => [label as string, text as string]),
    )
    expect(series.has(key), `twice: ${key}`).toBe(false)
    series.set(key, Number(value))
  }
  return {
    value: (name, labels = {}) => series.get(keyOf(name, Object.entries(labels))) ?? 0,
    names: new Set([...series.keys()].map((key) => key.slice(0, key.indexOf('{')))),
    types: new Map([...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => [name as string, type as string])),
    text,
  }
}

const keyOf = (name: string, labels: [string, string | number][]): string =>
  `${name}{${labels
    .map(([label, value]) => `${label}=${value}`)
    .sort()
    .join()}}`
