/** The servers of `npm run services` are real: what Redis answered to is there after a SIGKILL, and each set of servers is its own. */
import { execFile, spawnSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, expect, test } from 'vitest'

const run = promisify(execFile)
const folder = await mkdtemp(join(tmpdir(), 'onsale-services-test-'))

/** The folder alone makes a set of servers of its own. */
const services = async (...args: string[]): Promise<string> => {
  const env = { ...process.env, SERVICES_DIR: folder, SERVICES_PORT: '' }
  return (await run(process.execPath, [resolve(import.meta.dirname, 'services.mjs'), ...args], { env })).stdout
}

/** One command in Redis' own words, and the first bytes of its answer. */
const redis = (url: URL, command: string): Promise<string> =>
  new Promise((answered, failed) => {
    const socket = connect(Number(url.port), url.hostname, () => socket.write(`${command}\r\n`))
    socket.on('error', failed).on('data', (bytes) => {
      socket.destroy()
      answered(bytes.toString())
    })
  })

const redisUrl = async (): Promise<URL> => new URL(/^REDIS_URL=(.*)$/m.exec(await services('env'))?.[1] as string)

afterAll(async () => {
  await services('clean')
  await rm(folder, { recursive: true, force: true })
})

test('a command that does not exist is explained, a service that does not exist is refused', async () => {
  expect(await services()).toContain('SIGKILL')
  await expect(services('up', 'oracle')).rejects.toThrow('There is no service called oracle')
})

const installed = spawnSync('redis-server', ['--version']).status === 0
if (installed || process.env.CI) {
  test('redis starts in a folder of its own, is crashed, and still has what it answered to', async () => {
    await services('up', 'redis')
    const url = await redisUrl()
    expect(url.href).not.toBe(process.env.REDIS_URL)
    expect(await redis(url, 'CONFIG GET appendfsync')).toContain('always')
    expect(await redis(url, 'SET seat taken')).toBe('+OK\r\n')

    await services('crash', 'redis')
    expect(await services('env')).toBe('')
    await expect(redis(url, 'PING')).rejects.toThrow('ECONNREFUSED')

    await services('up', 'redis')
    expect((await redisUrl()).port).toBe(url.port)
    expect(await redis(url, 'GET seat')).toBe('$5\r\ntaken\r\n')
  })
} else console.log('redis-server is not installed: what `npm run services` does with it is not tested (npm run services -- up redis)')
