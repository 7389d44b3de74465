/** The product as a process of its own, as `npm start` runs it: for tests that kill it, and for browsers. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

const MAIN = resolve(fileURLToPath(import.meta.url), '../../src/main.ts')

export type ServerProcess = {
  url: string
  pid: number
  dataDir: string
  /** SIGKILL; the data stays. */
  kill(): Promise<void>
  /** SIGTERM; removes the data folder if it was made here. Resolves with the exit code. */
  stop(): Promise<number | null>
}

/** Free port and temporary data unless `env` says otherwise; `main` of a copy of the product. Resolves when the ready line was printed. */
export async function startServer(env: Record<string, string> = {}, main = MAIN): Promise<ServerProcess> {
  const dataDir = env.DATA_DIR ?? (await mkdtemp(join(tmpdir(), 'onsale-')))
  const child = spawn(process.execPath, [main], {
    env: { ...process.env, PORT: '0', HOST: '127.0.0.1', LOG_LEVEL: 'error', NODE_ENV: 'test', DRAIN_MS: '0', ...env, DATA_DIR: dataDir },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const url = await readyUrl(child)
  const end = async (signal: NodeJS.Signals): Promise<number | null> => {
    if (child.exitCode !== null || child.signalCode !== null) return child.exitCode
    const ended = once(child, 'exit')
    child.kill(signal)
    return (await ended)[0] as number | null
  }
  return {
    url,
    pid: child.pid as number,
    dataDir,
    kill: async () => void (await end('SIGKILL')),
    async stop() {
      const code = await end('SIGTERM')
      if (!env.DATA_DIR) await rm(dataDir, { recursive: true, force: true })
      return code
    },
  }
}

/** Runs, whether it starts or not, and listens to all that it says. Ends with the test. `main`: a file and its arguments. */
export async function runServer(env: Record<string, string>, main: readonly string[] = [MAIN]) {
  const dataDir = env.DATA_DIR ?? (await mkdtemp(join(tmpdir(), 'onsale-')))
  const child = spawn(process.execPath, [...main], {
    env: { ...process.env, PORT: '0', HOST: '127.0.0.1', LOG_LEVEL: 'trace', NODE_ENV: 'test', ...env, DATA_DIR: dataDir },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const heard = { said: '' }
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      heard.said += text
    })
  const ended = once(child, 'close') as Promise<[code: number | null]>
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await ended
    if (!env.DATA_DIR) await rm(dataDir, { recursive: true, force: true })
  })
  return { heard, ended, stop: () => child.kill('SIGTERM') }
}

async function readyUrl(child: ChildProcess): Promise<string> {
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`The server ended (${code}) before it was ready.`)
  })
  const ready = (async () => {
    for await (const line of createInterface({ input: child.stdout as NodeJS.ReadableStream })) {
      const [url] = /http:\/\/\S+/.exec(line) ?? []
      if (url) return url
    }
    throw new Error('The server said nothing.')
  })()
  return Promise.race([ready, ended])
}
