// What a server needs and the machine lacks: Debian packages (as root), Kafka's jars from Maven Central, fauxqs from npm.
// Jars and npm packages go to a cache outside the data folder, so that only the first start needs the network.
import { spawnSync } from 'node:child_process'
import { accessSync, chmodSync, constants, existsSync, globSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'

const CACHE = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'onsale-services')
/** 4.4.0 lacks an artifact on Maven Central. */
const KAFKA = '4.3.1'
/** Without a logger behind slf4j the broker says nothing, not even why it ends. */
const LOG4J = '2.25.4'
const FAUXQS = '2.4.1'
/** A mirror that stumbles is asked again. */
const TRIES = 3

/** Where Debian puts servers that are not for everybody's PATH. */
const PLACES = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin']

/** The path of a command; a pattern with a slash gives its newest match. */
export function find(command) {
  if (command.includes('/')) return globSync(command).sort(byVersion).at(-1) ?? null
  return PLACES.map((place) => join(place, command)).find(isExecutable) ?? null
}

const byVersion = (one, other) => one.localeCompare(other, 'en', { numeric: true })

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** `needs`: command -> the Debian package that has it. */
export function installPackages(needs) {
  const missing = Object.entries(needs).filter(([command]) => find(command) === null)
  if (missing.length === 0) return
  const packages = [...new Set(missing.map(([, name]) => name))]
  if (process.getuid?.() !== 0 || find('apt-get') === null)
    throw new Error(`Not installed: ${packages.join(', ')} (the names of Debian's packages). Install them, or run this as root on Debian.`)
  console.error(`installing ${packages.join(', ')}`)
  withoutDebiansServices(() => {
    attempt('apt-get', ['-o', 'DPkg::Lock::Timeout=300', 'update', '-qq'])
    attempt('apt-get', ['-o', 'DPkg::Lock::Timeout=300', 'install', '-qq', '-y', '--no-install-recommends', ...packages])
  })
}

/** Debian starts a server that it installs, and would take the port and the memory of ours. */
function withoutDebiansServices(work) {
  const policy = '/usr/sbin/policy-rc.d'
  const ours = !existsSync(policy)
  if (ours) writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 })
  try {
    work()
  } finally {
    if (ours) rmSync(policy)
  }
}

function attempt(command, args, cwd) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' }
  for (let left = TRIES; left > 0; left--) {
    const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, env, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 })
    if (status === 0) return
    const reason = error?.message ?? reasonIn(`${stdout}\n${stderr}`)
    if (left === 1) throw new Error(`${command} ${args.slice(0, 4).join(' ')} failed ${TRIES} times:\n${reason}`)
    console.error(`${command} failed, trying again: ${reason.split('\n')[0]}`)
  }
}

/** Maven and npm say why first, apt-get last. */
function reasonIn(output) {
  const lines = output.split('\n').filter((line) => /\w/.test(line))
  return [...lines.slice(0, 4), ...lines.slice(4).slice(-4)].join('\n')
}

/** The folder of a download: whole or absent, because it is made elsewhere and moved. */
function cached(name, download) {
  const folder = join(CACHE, name)
  if (existsSync(folder)) return folder
  console.error(`downloading ${name}`)
  mkdirSync(CACHE, { recursive: true })
  const making = mkdtempSync(join(CACHE, 'making-'))
  try {
    download(making)
    chmodSync(making, 0o755)
    if (!existsSync(folder)) renameSync(making, folder)
  } finally {
    rmSync(making, { recursive: true, force: true })
  }
  return folder
}

/** Folder of the broker's jars. */
export const kafkaJars = () =>
  cached(`kafka-${KAFKA}`, (folder) => {
    const dependency = (group, artifact, version) =>
      `<dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version></dependency>`
    const pom = join(folder, 'pom.xml')
    writeFileSync(
      pom,
      `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion><groupId>onsale</groupId><artifactId>kafka</artifactId><version>1</version>
  <dependencies>
    ${dependency('org.apache.kafka', 'kafka_2.13', KAFKA)}
    ${dependency('org.apache.logging.log4j', 'log4j-slf4j-impl', LOG4J)}
  </dependencies>
</project>\n`,
    )
    const copy = ['dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${folder}`]
    attempt('mvn', ['-q', '-B', '-ntp', '-Dstyle.color=never', '-f', pom, ...copy])
  })

/** The script of fauxqs. */
export function fauxqs() {
  const folder = cached(`fauxqs-${FAUXQS}`, (making) => {
    writeFileSync(join(making, 'package.json'), '{"private":true}')
    const args = ['install', '--prefix', making, '--no-audit', '--no-fund', '--loglevel=error', `fauxqs@${FAUXQS}`]
    const npm = process.env.npm_execpath
    if (npm) attempt(process.execPath, [npm, ...args], making)
    else attempt('npm', args, making)
  })
  return join(folder, 'node_modules/fauxqs/dist/cli.js')
}
