// The real servers that Onsale is tested against, as plain processes on loopback: no Docker, no root once they are installed.
// Plain JavaScript and built-in modules only.
import { chmodSync, mkdirSync, rmSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { engines, processesOf } from './services/engines.mjs'
import { installPackages } from './services/install.mjs'
import { DIR, knownPorts, locked, logOf, pidOf, portsFor, stop } from './services/processes.mjs'

const HELP = `npm run services -- <command> [name...]

  up [name...]      installs what is missing, starts, returns when each answers; without names: all
  env               the variables of what is up, as NAME=value lines
  crash <name...>   SIGKILL; \`up\` starts it again on the same data
  down [name...]    stops; the data stays
  status            what is up
  clean             stops everything and deletes the data

Names: ${Object.keys(engines).join(', ')}
SERVICES_DIR: where data and logs lie (now ${DIR}); each folder is a set of servers of its own.
SERVICES_PORT: the first port to try; otherwise any free ones.
`
/** A first start beside a busy test run; Kafka alone takes 3 s on an idle machine. */
const READY_WITHIN_MS = 90_000

const isUp = (name) => processesOf(name).every((process) => pidOf(process) !== null)

/** One that fails does not keep the others from starting. */
async function up(names) {
  const starting = names.filter((name) => !isUp(name))
  installPackages(Object.assign({}, ...starting.map((name) => engines[name].packages)))
  const faults = new Map()
  const noted = (name, work) => work.catch((error) => faults.set(name, `${name}: ${error.message}`))
  for (const name of starting) await noted(name, start(name))
  await Promise.all(names.filter((name) => !faults.has(name)).map((name) => noted(name, ready(name))))
  if (faults.size > 0) throw new Error([...faults.values()].join('\n'))
}

async function start(name) {
  engines[name].prepare?.()
  // Of a cluster, some may live.
  for (const process of processesOf(name)) await stop(process, 'SIGTERM')
  engines[name].start(name, await portsFor(name, engines[name].ports))
}

async function ready(name) {
  const begun = Date.now()
  while (!(await engines[name].ready(name, knownPorts()[name]))) {
    if (!isUp(name)) throw new Error(`it ended while starting; see ${processesOf(name).map(logOf).join(', ')}`)
    if (Date.now() - begun > READY_WITHIN_MS)
      throw new Error(`it does not answer after ${READY_WITHIN_MS / 1000} s; see ${processesOf(name).map(logOf).join(', ')}`)
    await pause(50)
  }
  console.error(`${name} is up (${((Date.now() - begun) / 1000).toFixed(1)} s)`)
}

async function stopAll(names, signal) {
  const one = (name, process) => stop(process, signal ?? engines[name].stopSignal ?? 'SIGTERM')
  await Promise.all(names.flatMap((name) => processesOf(name).map((process) => one(name, process))))
}

const variablesOf = (name) => Object.entries(engines[name].env(knownPorts()[name])).map(([key, value]) => `${key}=${value}`)

const all = Object.keys(engines)

const commands = {
  up: (names) => up(names.length > 0 ? names : all),
  env: () => {
    for (const line of all.filter(isUp).flatMap(variablesOf)) console.log(line)
  },
  crash: (names) => {
    if (names.length === 0) throw new Error('Name what to crash.')
    return stopAll(names, 'SIGKILL')
  },
  down: (names) => stopAll(names.length > 0 ? names : all),
  status: () => {
    for (const name of all) console.log(`${name.padEnd(14)}${isUp(name) ? `up    ${variablesOf(name)[0]}` : 'down'}`)
  },
  clean: async () => {
    await stopAll(all)
    rmSync(DIR, { recursive: true, force: true })
  },
}

const [command = 'help', ...names] = process.argv.slice(2)
const unknown = names.find((name) => !Object.hasOwn(engines, name))
try {
  if (unknown) throw new Error(`There is no service called ${unknown}: there are ${all.join(', ')}.`)
  if (!Object.hasOwn(commands, command)) console.log(HELP)
  else {
    mkdirSync(DIR, { recursive: true })
    // Servers of other users have to get through it, whoever made it and how.
    chmodSync(DIR, 0o755)
    await locked(() => commands[command](names))
  }
} catch (error) {
  console.error(error.message)
  process.exitCode = 1
}
