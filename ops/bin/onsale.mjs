#!/usr/bin/env node
// Runs the operator's commands on Node 24, whatever Node npm itself runs on. Plain JavaScript, built-in modules only.
import { spawnSync } from 'node:child_process'
import { existsSync, realpathSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = resolve(dirname(realpathSync(fileURLToPath(import.meta.url))), '../..')
const setup = spawnSync(process.execPath, [resolve(root, 'scripts/setup.mjs')], { stdio: ['ignore', 2, 2] })
if (setup.status !== 0) process.exit(setup.status ?? 1)
const borrowed = resolve(root, 'node_modules/.bin/node')
const node = existsSync(borrowed) ? borrowed : process.execPath
const { status, signal } = spawnSync(node, [resolve(root, 'ops/src/main.ts'), ...process.argv.slice(2)], { stdio: 'inherit' })
if (signal) process.kill(process.pid, signal)
process.exit(status ?? 1)
