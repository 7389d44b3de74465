/** A server as a process of its own, whose pid is known before it is ready, so that it can also be killed while it starts. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

export type Child = {
  pid: number
  /** The URL of the ready line; rejects when the process ends before it. */
  ready: Promise<string>
  /** Resolves with the exit code when it ends, whoever ended it. */
  ended: Promise<number | null>
  /** Resolves with the exit code, null when a signal ended it. */
  end(signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null>
  signal(signal: NodeJS.Signals): void
}

const QUIET = {
  PORT: '0',
  HOST: '127.0.0.1',
  LOG_LEVEL: 'error',
  NODE_ENV: 'test',
  DRAIN_MS: '0',
  // Written by a process that ends in good order; chaos starts some hundred that do not.
  NODE_COMPILE_CACHE: join(tmpdir(), 'onsale-compile-cache'),
}

/** `complaints`: where what it writes to its error output goes, a file descriptor. */
export function startChild(
  script: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  complaints: number | 'inherit' = 'inherit',
): Child {
  const child = spawn(process.execPath, [script, ...args], {
    env: { ...process.env, ...QUIET, ...env },
    stdio: ['ignore', 'pipe', complaints],
  })
  const orphaned = (): void => void child.kill('SIGKILL')
  process.once('exit', orphaned)
  const ended = once(child, 'exit').then(([code]) => {
    process.removeListener('exit', orphaned)
    return code as number | null
  })
  const ready = Promise.race([
    readyUrl(child.stdout as NodeJS.ReadableStream),
    ended.then((code) => {
      throw new Error(`${script} ended (${code}) before it was ready.`)
    }),
  ])
  ready.catch(() => undefined) // whoever kills a process that starts does not wait for it
  return {
    pid: child.pid as number,
    ready,
    ended,
    end(signal) {
      child.kill(signal)
      return ended
    },
    signal: (signal) => void child.kill(signal),
  }
}

async function readyUrl(output: NodeJS.ReadableStream): Promise<string> {
  for await (const line of createInterface({ input: output })) {
    const [url] = /http:\/\/\S+/.exec(line) ?? []
    if (!url) continue
    output.resume()
    return url
  }
  return new Promise(() => {}) // the exit tells
}
