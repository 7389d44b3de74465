/** `onsale audit` as an operator runs it. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import { resolve } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { createClient } from '../../../server/test/client.ts'
import { temporaryFolder } from '../../../server/test/platform.ts'
import { startServer } from '../../../server/test/process.ts'

const MAIN = resolve(import.meta.dirname, '../main.ts')

async function onsale(dataDir: string, ...args: string[]): Promise<{ code: number | null; out: string; err: string }> {
  const child = spawn(process.execPath, [MAIN, ...args], {
    env: { ...process.env, NODE_ENV: 'test', DATA_DIR: dataDir },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const said = { out: '', err: '' }
  for (const [name, stream] of [['out', child.stdout] as const, ['err', child.stderr] as const])
    stream.setEncoding('utf8').on('data', (text: string) => {
      said[name] += text
    })
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, ...said }
}

it('refuses with a sentence beside a running server, which goes on selling, and finds no differences when that has ended', async () => {
  const dataDir = await temporaryFolder()
  onTestFinished(() => rm(dataDir, { recursive: true, force: true }))
  const server = await startServer({ DATA_DIR: dataDir })
  const client = createClient(server.url)
  const buy = async () => (await client.buy({ venueId: 'Venue1', eventId: 'Event1', quantity: 2 })).status
  expect(await buy()).toBe(201)

  const refused = await onsale(dataDir, 'audit', '--json')
  expect(refused).toMatchObject({ code: 1, out: '' })
  expect(refused.err.trim()).toMatch(/^\S+ledger\.db is in use by another process\.$/)

  expect(await buy()).toBe(201)
  const last = await client.buy({ venueId: 'Venue1', eventId: 'Event1', quantity: 2 })
  await client.read('/query/api/v1/events/Event1', String(last.headers['onsale-position']))
  client.close()
  expect(await server.stop()).toBe(0)
  const done = await onsale(dataDir, 'audit', '--json')
  expect(done.code, done.err).toBe(0)
  expect(JSON.parse(done.out)).toMatchObject({ differences: [], checked: { entries: 3, tickets: 6 } })
})
