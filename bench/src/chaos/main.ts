/**
 * `node bench/src/chaos/main.ts --rounds N [--seed S]`: kills the embedded server; with `--engines redis,kafka,postgres` whatever runs at scale.
 * Exits non-zero when anything was lost, doubled or told differently.
 */
import { parseArgs } from 'node:util'
import { chaos } from './chaos.ts'
import { faultNames } from './faults.ts'
import { type Engines, enginesOf, serversOf, startServers } from './servers.ts'
import { countsText, siege } from './siege.ts'

const USAGE = `Usage: npm run chaos -- --rounds N [--seed S]
       npm run chaos -- --engines redis,kafka,postgres --rounds N [--seed S] [--faults 12] [--behind 10000]
The bus may be sns-sqs, the database mariadb. --faults: how many a round at most, or which, joined by commas:
${faultNames.join(', ')}.`

const values = readValues()
if (values.help) {
  console.log(USAGE)
  process.exit(0)
}
let clean = async (): Promise<void> => {}
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => void clean().finally(() => process.exit(130))) // children are killed on exit
const [rounds, behind] = [whole('rounds'), whole('behind')]
const faults = /\d/.test(values.faults) ? whole('faults') : named(values.faults.split(','))
const seed = whole('seed', 0)
const log = (line: string): void => console.log(line)

console.log(`${rounds} rounds from seed ${seed}`)
const differences = values.engines === undefined ? await embedded() : await onEngines(values.engines)
console.log(differences === 0 ? 'Nothing was lost, doubled or told differently.' : `${differences} DIFFERENCES.`)
process.exit(differences === 0 ? 0 : 1)

async function embedded(): Promise<number> {
  const { kills, answers, seats, refused, replays, differences } = await chaos({ rounds, seed, log })
  console.log(
    `\n${rounds} rounds: killed ${kills.serving + kills.starting + kills.stopping} times (${kills.starting} while starting, ${kills.stopping} while stopping); ${seats} seats sold in ${answers} answers, ${refused} refused, ${replays} replays`,
  )
  return differences.length
}

async function onEngines(text: string): Promise<number> {
  const engines = given(text)
  const servers = await startServers(serversOf(engines))
  clean = servers.clean
  try {
    const { done, answers, seats, refused, replays, differences } = await siege({ engines, servers, rounds, seed, faults, behind, log })
    console.log(
      `\n${rounds} rounds on ${text}: ${seats} seats sold in ${answers} answers, ${refused} refused, ${replays} replays\n${countsText(done)}`,
    )
    return differences.length
  } finally {
    await servers.clean()
  }
}

function given(text: string): Engines {
  try {
    return enginesOf(text)
  } catch (error) {
    return wrong((error as Error).message)
  }
}

function named(names: string[]): string[] {
  const unknown = names.find((name) => !faultNames.includes(name))
  return unknown === undefined ? names : wrong(`--faults names "${unknown}", which is none.`)
}

function whole(name: 'rounds' | 'seed' | 'faults' | 'behind', least = 1): number {
  const number = Number(values[name])
  return Number.isInteger(number) && number >= least
    ? number
    : wrong(`--${name} is "${values[name]}": give a whole number, ${least} or more.`)
}

function readValues() {
  try {
    return parseArgs({
      options: {
        rounds: { type: 'string', default: '5' },
        seed: { type: 'string', default: String(Math.floor(Math.random() * 1_000_000)) },
        engines: { type: 'string' },
        faults: { type: 'string', default: '12' },
        behind: { type: 'string', default: '10000' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }).values
  } catch (error) {
    return wrong((error as Error).message)
  }
}

function wrong(what: string): never {
  console.error(`${what}\n${USAGE}`)
  process.exit(2)
}
