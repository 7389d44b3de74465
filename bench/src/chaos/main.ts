/** `node bench/src/chaos/main.ts --rounds N [--seed S]`: exits non-zero when anything was lost, doubled or told differently. */
import { parseArgs } from 'node:util'
import { chaos } from './chaos.ts'

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '5' }, seed: { type: 'string' } } })
const rounds = Number(values.rounds)
const seed = Number(values.seed ?? Math.floor(Math.random() * 1_000_000))
if (!Number.isInteger(rounds) || rounds < 1 || !Number.isInteger(seed) || seed < 0) {
  console.error('Usage: npm run chaos -- --rounds N [--seed S]')
  process.exit(2)
}
process.on('SIGINT', () => process.exit(130)) // children are killed on exit

console.log(`${rounds} rounds from seed ${seed}`)
const { kills, answers, seats, refused, replays, differences } = await chaos({ rounds, seed, log: (line) => console.log(line) })
console.log(
  `\n${rounds} rounds: killed ${kills.serving + kills.starting + kills.stopping} times (${kills.starting} while starting, ${kills.stopping} while stopping); ${seats} seats sold in ${answers} answers, ${refused} refused, ${replays} replays`,
)
console.log(differences.length === 0 ? 'Nothing was lost, doubled or told differently.' : `${differences.length} DIFFERENCES.`)
process.exit(differences.length === 0 ? 0 : 1)
