/** The life and deaths of one server: the same port, the same data, kill -9 at random moments, also while it starts and while it stops. */
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { type Child, startChild } from '../child.ts'

const MAIN = fileURLToPath(new URL('../../../server/src/main.ts', import.meta.url))
/** A start that takes so long is a failure. */
const READY_MS = 60_000
/** Of the time that a start takes here, so that every part of it is met, and a little of what comes after. */
const STARTING_SHARE = 1.1
const FIRST_START_MS = 900
/** It serves so many answers before it dies, or so long on a machine that is busy; then some moment of a batch. */
const SERVING = { mostAnswers: 600, mostMs: 3000, momentMs: 20 }
/** Undisturbed at the end, so that there is something to sell after the last restart. */
const CALM_ANSWERS = 100
/** Asked to stop, it writes its checkpoint; a platform kills it when that takes too long. */
const STOPPING_MS = 80
/** The rest dies while it serves. */
const SHARES = { starting: 0.3, stopping: 0.2 }

export type Deaths = { starting: number; serving: number; stopping: number }
export type Host = {
  deaths: Deaths
  /** Starts it, kills it, starts it ... and leaves it running. `answers` counts what buyers have been answered. */
  haunt(kills: number, answers: () => number): Promise<void>
  start(): Promise<string>
  kill(): Promise<void>
  /** Resolves with the exit code. */
  stop(): Promise<number | null>
}

export function createHost(dataDir: string, port: number, random: () => number): Host {
  const deaths: Deaths = { starting: 0, serving: 0, stopping: 0 }
  let child: Child | undefined
  let startMs = FIRST_START_MS

  async function start(): Promise<string> {
    child = startChild(MAIN, [], { DATA_DIR: dataDir, PORT: String(port) })
    const late = new AbortController()
    const beganMs = performance.now()
    try {
      const url = await Promise.race([
        child.ready,
        wait(READY_MS, undefined, { signal: late.signal }).then(() => {
          throw new Error(`The server was not ready within ${READY_MS} ms.`)
        }),
      ])
      startMs = performance.now() - beganMs
      return url
    } finally {
      late.abort()
    }
  }

  async function kill(): Promise<void> {
    await child?.end('SIGKILL')
    child = undefined
  }

  async function dieStarting(): Promise<void> {
    const starting = start().catch(() => undefined)
    await wait(random() * startMs * STARTING_SHARE)
    await kill()
    await starting
    deaths.starting++
  }

  async function serve(answers: () => number, more: number): Promise<void> {
    const untilAnswers = answers() + more
    await start()
    const untilMs = performance.now() + SERVING.mostMs
    while (answers() < untilAnswers && performance.now() < untilMs) await wait(1)
  }

  async function dieServing(answers: () => number): Promise<void> {
    await serve(answers, random() * SERVING.mostAnswers)
    await wait(random() * SERVING.momentMs)
    await kill()
    deaths.serving++
  }

  async function dieStopping(answers: () => number): Promise<void> {
    await serve(answers, random() * SERVING.mostAnswers)
    const stopping = child?.end('SIGTERM')
    await Promise.race([stopping, wait(random() * STOPPING_MS)])
    await kill()
    deaths.stopping++
  }

  return {
    deaths,
    start,
    kill,
    async haunt(kills, answers) {
      for (let i = 0; i < kills; i++) {
        const how = random()
        if (how < SHARES.starting) await dieStarting()
        else if (how < SHARES.starting + SHARES.stopping) await dieStopping(answers)
        else await dieServing(answers)
      }
      await serve(answers, CALM_ANSWERS)
    },
    async stop() {
      const code = (await child?.end('SIGTERM')) ?? null
      child = undefined
      return code
    },
  }
}
