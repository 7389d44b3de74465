// Servers as plain processes: started in the background, remembered by pid and start time (pids are reused), stopped or killed.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

/** Data, logs and pid files. */
export const DIR = resolve(process.env.SERVICES_DIR || join(tmpdir(), 'onsale-services'))
/** Above the well-known ports and below 32768, where Linux takes the ports of outgoing connections from. */
const PORTS = { from: 15_000, to: 31_000 }
const STOP_WITHIN_MS = 20_000

/** The folder or file of a service; made where it is a folder that `owner` writes to. */
export const at = (...path) => join(DIR, ...path)
export const logOf = (name) => at(`${name}.log`)

/** Runs a server on after this process ended. */
export function launch(name, command, args, { user, env = {} } = {}) {
  const log = openSync(logOf(name), 'a')
  const child = spawn(command, args, {
    cwd: DIR,
    detached: true,
    stdio: ['ignore', log, log],
    env: { ...process.env, ...env },
    ...identity(user),
  })
  child.on('error', (error) => writeFileSync(log, `${error.message}\n`))
  child.unref()
  if (child.pid) writeFileSync(at(`${name}.pid`), `${child.pid} ${startedAt(child.pid)}`)
}

/** Runs something to its end; its output stands in the log of the service. */
export function run(name, command, args, { user, input } = {}) {
  const log = openSync(logOf(name), 'a')
  const stdin = input === undefined ? 'ignore' : 'pipe'
  const { status, error } = spawnSync(command, args, { cwd: DIR, input, stdio: [stdin, log, log], ...identity(user) })
  if (status !== 0) throw new Error(`${command} failed${error ? ` (${error.message})` : ''}; see ${logOf(name)}`)
}

/** Servers that refuse to run as root are handed to the user of Debian's package. Node drops the other groups too. */
function identity(user) {
  if (!user || process.getuid?.() !== 0) return {}
  return { uid: idOf('-u', user), gid: idOf('-g', user) }
}
const idOf = (flag, user) => Number(spawnSync('id', [flag, user], { encoding: 'utf8' }).stdout)

/** A folder that a server of another user may write to. */
export function folderFor(name, user) {
  mkdirSync(at(name), { recursive: true, mode: 0o700 })
  if (user && process.getuid?.() === 0) spawnSync('chown', [`${user}:`, at(name)])
  return at(name)
}

/** The pid, when that very process still lives. */
export function pidOf(name) {
  if (!existsSync(at(`${name}.pid`))) return null
  const [pid, started] = readFileSync(at(`${name}.pid`), 'utf8').split(/ (.*)/)
  return started !== '' && startedAt(pid) === started ? Number(pid) : null
}

/** When a process started, in the words of its system; '' when it does not live. A zombie does not. */
function startedAt(pid) {
  if (!existsSync('/proc/self/stat')) return spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).stdout.trim()
  const fields = statOf(pid)
  return fields && fields[0] !== 'Z' ? fields[19] : ''
}

export const isAlive = (pid) => startedAt(pid) !== ''

/** The fields of /proc/<pid>/stat after the name of the command, which may hold anything: state, parent, and so on. */
function statOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ')
  } catch {
    return null
  }
}

/** A killed PostgreSQL leaves workers behind for a moment, and would not start beside them. */
function childrenOf(pid) {
  if (!existsSync('/proc/self/stat')) return []
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry) && statOf(entry)?.[1] === String(pid))
    .map(Number)
}

export async function stop(name, signal) {
  const pid = pidOf(name)
  if (pid !== null) {
    const all = signal === 'SIGKILL' ? [pid, ...childrenOf(pid)] : [pid]
    for (const each of all) kill(each, signal)
    const deadline = Date.now() + STOP_WITHIN_MS
    while (all.some(isAlive)) {
      if (Date.now() > deadline) for (const each of all) kill(each, 'SIGKILL')
      await pause(20)
    }
  }
  rmSync(at(`${name}.pid`), { force: true })
}

function kill(pid, signal) {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if (error.code !== 'ESRCH') throw error
  }
}

/** The ports of a service: those it had before unless somebody else took them, or free ones. */
export async function portsFor(name, count) {
  const known = knownPorts()
  const kept = known[name] ?? []
  if (kept.length === count && (await allFree(kept))) return kept
  const taken = new Set(Object.values(known).flat())
  const found = []
  let port = Number(process.env.SERVICES_PORT) || PORTS.from + Math.floor(Math.random() * (PORTS.to - PORTS.from))
  for (; found.length < count; port++) if (!taken.has(port) && (await isFree(port))) found.push(port)
  writeFileSync(at('ports.json'), JSON.stringify({ ...known, [name]: found }))
  return found
}

export const knownPorts = () => (existsSync(at('ports.json')) ? JSON.parse(readFileSync(at('ports.json'), 'utf8')) : {})

async function allFree(ports) {
  for (const port of ports) if (!(await isFree(port))) return false
  return true
}

async function isFree(port) {
  const server = createServer().listen(port, '127.0.0.1')
  const free = await Promise.race([once(server, 'listening').then(() => true), once(server, 'error').then(() => false)]).catch(() => false)
  await new Promise((closed) => server.close(closed))
  return free
}

/** One invocation at a time; the lock of a process that died is nobody's. */
export async function locked(work) {
  mkdirSync(DIR, { recursive: true })
  const path = `${DIR}.lock`
  while (!tryLock(path)) await pause(50)
  try {
    return await work()
  } finally {
    rmSync(path, { force: true })
  }
}

function tryLock(path) {
  try {
    writeFileSync(path, String(process.pid), { flag: 'wx' })
    return true
  } catch (error) {
    if (error.code !== 'EEXIST') throw error
  }
  const holder = existsSync(path) ? readFileSync(path, 'utf8') : ''
  if (holder !== '' && !isAlive(holder)) rmSync(path, { force: true })
  return false
}
