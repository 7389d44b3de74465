/** What the load generator is told to do, and what it tells afterwards. Both cross a process boundary. */
import type { House } from '../house.ts'

/** Requests are numbered from 0 and are made anywhere from their number, so that an answer can be judged against its question. */
export type Requests =
  /** The same JSON body of so many bytes. */
  | { kind: 'echo'; count: number; bodyBytes: number }
  /** These paths in turn. */
  | { kind: 'get'; count: number; paths: readonly string[] }
  /** Buyers `first`, `first + 1`, ... of the house, a seat each that no other buyer wants. */
  | { kind: 'buyers'; count: number; house: House; first: number }
  /** Wishes first, first + 1, ... of a crowd: named seats at random, and the best available. */
  | { kind: 'crowd'; count: number; house: House; first: number; seed: number }
  /** One seat, the best available anywhere in the house. */
  | { kind: 'best'; count: number; house: House }

export type Pace =
  /** Each connection asks again as soon as it was answered. */
  | { kind: 'closed'; seconds: number }
  /** So many a second whatever happens; what found no connection within `lateMs` is not sent, and counted. */
  | { kind: 'open'; perSecond: number; lateMs: number }

export type Plan = {
  port: number
  connections: number
  requests: Requests
  pace: Pace
  /** Bodies of the 201, and numbers of the 409, come back in the report, with times of a clock that all processes of a machine share. */
  keepSold: boolean
  /** Every so many-th 201 is followed to the read side, which may be another process than `port`. */
  followEvery?: number
  followPort?: number
}

export type Report = {
  /** Requests used up, sent or not: the next plan begins behind them. */
  taken: number
  unsent: number
  /** Connections that ended with a question unanswered. */
  broken: number
  seconds: number
  /** Until the last 2xx. */
  goodSeconds: number
  statuses: Record<number, number>
  /** 503 without Retry-After. */
  withoutRetryAfter: number
  /** When the first and the last 503 came, ms of a clock that all processes of a machine share; no numbers where none came. */
  busy: { fromMs: number; toMs: number }
  /** Of the 2xx: from the intended time, and from the moment of sending. They differ in an open loop that has no connection left. */
  latenciesMs: Float64Array
  onWireMs: Float64Array
  sold: { request: number; body: string; sentMs: number }[]
  refused: { request: number; answeredMs: number }[]
  /** From the 201 until a read that names its position had answered. */
  lagsMs: Float64Array
  /** What a followed ticket was answered with instead of 200. */
  lost: string[]
  /** The load generator's own CPU. */
  cpuUs: number
}
