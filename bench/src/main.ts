/** `node bench/src/main.ts <name> [--options]`: one file a question. Exits non-zero when an audit fails. */
import { cpuOf, watchStolen } from './cpu.ts'
import { readOptions, USAGE } from './options.ts'
import { type Benchmark, hardware, isMet, keep, type Result } from './result.ts'
import { tableText } from './table.ts'

const benchmarks: Record<string, { asks: string; load: () => Promise<Benchmark> }> = {
  echo: { asks: 'What does a durable purchase cost, against a bare JSON echo?', load: async () => (await import('./echo.ts')).echo },
  burst: { asks: 'What does one client see that takes every seat in turn?', load: async () => (await import('./burst.ts')).burst },
  'sell-out': {
    asks: 'A crowd larger than the house: how fast, and is each seat sold once?',
    load: async () => (await import('./sell-out.ts')).sellOut,
  },
  flat: { asks: 'Is a million seats as fast as 5,000?', load: async () => (await import('./flat.ts')).flat },
  lag: { asks: 'How long after its 201 can a ticket be read?', load: async () => (await import('./lag.ts')).lag },
  overload: { asks: 'What happens at three times the capacity?', load: async () => (await import('./overload.ts')).overload },
  claims: {
    asks: 'How many durable claims a second does the ledger on Redis take?',
    load: async () => (await import('./claims.ts')).claims,
  },
  engines: {
    asks: 'What does a purchase cost the purchase role when ledger, bus and database are servers?',
    load: async () => (await import('./engines.ts')).engines,
  },
  'hot-rows': {
    asks: 'What does it cost when twelve instances want the hottest rows of one zone?',
    load: async () => (await import('./hot-rows.ts')).hotRows,
  },
  projector: {
    asks: 'How many entries a second go into SQL, however many tickets there are?',
    load: async () => (await import('./projector.ts')).projector,
  },
  move: {
    asks: 'A running box office moves to other engines: for how long are buyers refused?',
    load: async () => (await import('./move.ts')).move,
  },
  rolling: {
    asks: 'A rolling restart of every role in the midst of a sell-out: does a request fail?',
    load: async () => (await import('./rolling.ts')).rolling,
  },
  reads: { asks: 'What do reads cost, against a bare JSON echo?', load: async () => (await import('./reads.ts')).reads },
}

const { names, options, help } = given()
if (help) {
  console.log(usage())
  process.exit(0)
}
const unknown = names.filter((name) => !Object.hasOwn(benchmarks, name))
if (unknown.length > 0) wrong(`There is no benchmark ${unknown.join(', ')}.`)
if (names.length === 0) wrong('Which one?')
// Children are killed on exit, and a signal that nobody hears is none.
for (const [signal, code] of Object.entries({ SIGINT: 130, SIGTERM: 143 })) process.on(signal, () => process.exit(code))

for (const name of names) {
  const startedMs = performance.now()
  const progress = (text: string): void => console.error(`[${((performance.now() - startedMs) / 1000).toFixed(1).padStart(6)} s] ${text}`)
  const { cpu, cores, memoryGiB, node, loadAverage } = hardware()
  console.log(`\n${name}: ${benchmarks[name]?.asks}\n${cpu}, ${cores} cores, ${memoryGiB} GiB, Node ${node}\n`)
  if (Number(loadAverage) > Number(cores) / 2)
    console.log(
      `Others are busy here (load ${loadAverage} on ${cores} cores): rates and latencies are theirs as well; ratios of CPU hold better.\n`,
    )
  if (cpuOf(process.pid) === null) console.log('This system has no /proc: CPU is not measured.\n')
  const stolenNow = watchStolen(Number(cores))
  const run = (await benchmarks[name]?.load()) as Benchmark
  const result = await run(options, progress)
  print(result)
  const stolen = stolenNow()
  if (stolen !== null) console.log(`The host gave ${(stolen * 100).toFixed(1)} % of this machine's time to others meanwhile.`)
  if (!options.corrupt) console.log(`Kept in ${await keep(name, options, result, stolen)}`)
  if (result.differences.length > 0) process.exitCode = 1
}

function given(): ReturnType<typeof readOptions> {
  try {
    return readOptions(process.argv.slice(2))
  } catch (error) {
    return wrong((error as Error).message)
  }
}

function usage(): string {
  const list = Object.entries(benchmarks).map(([name, { asks }]) => `  ${name.padEnd(10)} ${asks}`)
  return `Usage: npm run bench -- <name> [<name> ...] [--options]\n\n${list.join('\n')}\n\n${USAGE}`
}

function wrong(what: string): never {
  console.error(`${what}\n${usage()}`)
  process.exit(2)
}

function print({ tables, goals, differences, audited }: Result): void {
  for (const { title, rows } of tables) console.log(`${title}\n${tableText(rows)}\n`)
  for (const goal of goals)
    console.log(
      `${isMet(goal) ? 'met   ' : 'MISSED'}  ${goal.what}: ${goal.measured.toFixed(2)} (goal ${goal.atLeast ? '>=' : '<='} ${goal.goal})`,
    )
  if (differences.length === 0) console.log(`\nAudit: passed (${audited}).`)
  else {
    for (const difference of differences.slice(0, 20)) console.log(`  ${difference}`)
    console.log(`\nAudit: FAILED, ${differences.length} differences (${audited}).`)
  }
}
