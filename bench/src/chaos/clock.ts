/**
 * `node --import` of this file gives a process, with its threads, a clock that can be wrong: each SIGUSR2 makes it jump to somewhere else,
 * ten minutes before or after the true time at most. The keys of purchases live for a day: nobody loses one by that.
 */
import { isMainThread, BroadcastChannel as ThreadChannel } from 'node:worker_threads'

const FARTHEST_MS = 600_000

const TrueDate = Date
let shiftMs = 0

class WrongDate extends TrueDate {
  constructor(...given: unknown[]) {
    super(...((given.length > 0 ? given : [WrongDate.now()]) as [number]))
  }
  static override now(): number {
    return TrueDate.now() + shiftMs
  }
}
globalThis.Date = WrongDate as DateConstructor

const threads = new ThreadChannel('clock')
threads.onmessage = ({ data }: { data: number }) => {
  shiftMs = data
}
threads.unref()
if (isMainThread)
  process.on('SIGUSR2', () => {
    shiftMs = Math.round((Math.random() * 2 - 1) * FARTHEST_MS)
    threads.postMessage(shiftMs)
  })
