/** `--name value` of every benchmark; what is not given has a default of the benchmark, and a small one with `--quick`. */
import { parseArgs } from 'node:util'

const NUMBERS = ['seconds', 'repeats', 'connections', 'requests', 'seats', 'wishes', 'rate', 'processes', 'most'] as const
type Name = (typeof NUMBERS)[number]
const TEXTS = ['engines', 'from'] as const
type Text = (typeof TEXTS)[number]

export type Options = Partial<Record<Name, number> & Record<Text, string>> & { quick: boolean; corrupt: boolean; cluster: boolean }
type Given = { names: string[]; options: Options; help: boolean }

export const USAGE = `  --quick            small and short, for CI
  --corrupt          spoils one row of SQL before the audit, which then has to find it
  --cluster          claims: three masters beside one server
  --engines A,B,C    move, sell-out: on these of redis, kafka, sns-sqs, postgres, mariadb
  --from FOLDER      rolling: a checkout of an older version, from which the processes are replaced
  ${NUMBERS.map((name) => `--${name} N`).join('  ')}`

/** Throws a sentence on what is no option. */
export function readOptions(args: string[]): Given {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      quick: { type: 'boolean', default: false },
      corrupt: { type: 'boolean', default: false },
      cluster: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
      ...(Object.fromEntries([...NUMBERS, ...TEXTS].map((name) => [name, { type: 'string' }])) as Record<Name | Text, { type: 'string' }>),
    },
  })
  const options: Options = { quick: values.quick, corrupt: values.corrupt, cluster: values.cluster }
  for (const name of TEXTS) if (values[name] !== undefined) options[name] = values[name]
  for (const name of NUMBERS) {
    const text = values[name]
    if (text === undefined) continue
    if (!/^\d+(\.\d+)?$/.test(text) || Number(text) <= 0) throw new Error(`--${name} is "${text}": give a number above 0.`)
    options[name] = Number(text)
  }
  return { names: positionals, options, help: values.help }
}

/** Each number as given, or its default: [usual, with --quick]. */
export function settle<N extends Name>(options: Options, defaults: Record<N, readonly [usual: number, quick: number]>): Record<N, number> {
  const names = Object.keys(defaults) as N[]
  return Object.fromEntries(names.map((name) => [name, options[name] ?? defaults[name][options.quick ? 1 : 0]])) as Record<N, number>
}
