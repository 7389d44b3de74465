/**
 * A Redis that is away, as buyers see it: the first wait two seconds, the others not at all, and what they hear is true.
 *
 * Seen to fail on these faults, planted one at a time:
 *   nobody knows that it is away ......... all of them (the test takes too long)
 *   it is never looked for ............... all of them
 *   what was heard is called not done .... whoever may have been heard
 */
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { Redis } from 'ioredis'
import { afterAll, describe, expect, onTestFinished, test } from 'vitest'
import { serverOf } from '../../test/outside.ts'
import { until } from '../../test/until.ts'
import { type Change, type Ledger, LedgerBusy, LedgerUnsure, SOLD } from './ledger.ts'
import { openRedisLedger } from './redis.ts'

const server = serverOf('REDIS_URL') as string
const PREFIX = `test-away-${randomUUID().slice(0, 8)}`
const NOW = Date.parse('2026-01-01T12:00:00Z')
/** If each of them waited for two seconds, the test would take an hour. */
const CROWD = 2000

const sell = (seat: number, id?: string): Change => ({
  zone: 'e/1',
  options: [{ seats: [seat], owners: [`owner of ${seat}`], fact: JSON.stringify({ seat }) }],
  from: 'free',
  to: 'sold',
  at: NOW,
  ...(id !== undefined && { key: { id, fingerprint: 'f' } }),
})

describe.skipIf(!server)('a Redis that is away', () => {
  afterAll(async () => {
    const redis = new Redis(server)
    for (const key of await redis.keys(`${PREFIX}*`)) await redis.unlink(key)
    redis.disconnect()
  })

  test('whoever may have been heard is told that nothing is known; then nobody waits, and nobody is sent', async () => {
    const { ledger, wire } = await openOverWire()
    wire.mute()
    await expect(ledger.commit(sell(0, 'k'))).rejects.toBeInstanceOf(LedgerUnsure)
    const heard = wire.commits()
    expect(heard).toBeGreaterThan(0)
    for (let i = 0; i < CROWD; i++) await expect(ledger.commit(sell(1))).rejects.toBeInstanceOf(LedgerBusy)
    await expect(ledger.seats('e/1', NOW)).rejects.toBeInstanceOf(LedgerBusy)
    expect(wire.commits()).toBe(heard)
    wire.speak()
    expect(await soonSold(ledger, sell(0, 'k'))).toMatchObject({ position: 1, replayed: true })
    expect(await ledger.commit(sell(1))).toMatchObject({ ok: true, position: 2 })
  })

  test('whoever could not be heard is told to come again, and sells as soon as it is back', async () => {
    const { ledger, wire } = await openOverWire()
    wire.refuse()
    // Its connections may break only now.
    await expect(ledger.commit(sell(0))).rejects.toThrow('does not answer')
    for (let i = 0; i < CROWD; i++) await expect(ledger.commit(sell(0))).rejects.toBeInstanceOf(LedgerBusy)
    expect(wire.commits()).toBe(0)
    await wire.accept()
    expect(await soonSold(ledger, sell(0))).toMatchObject({ position: 1, replayed: false })
    expect((await ledger.seats('e/1', NOW))?.[0]).toBe(SOLD)
  })
})

const soonSold = (ledger: Ledger, change: Change) =>
  until('it sells', () =>
    ledger.commit(change).catch((error: unknown) => {
      expect(error).toBeInstanceOf(LedgerBusy)
      return undefined
    }),
  )

async function openOverWire() {
  const wire = await openWire()
  const ledger = await openRedisLedger({ url: `redis://${wire.host}?prefix=${PREFIX}-${randomUUID().slice(0, 8)}` })
  onTestFinished(async () => {
    await ledger.close()
    wire.close()
  })
  await ledger.open([{ zone: 'e/1', seats: 4, gaps: [] }])
  return { ledger, wire }
}

/** A wire to the server that loses every answer while it is mute, and can refuse connections. */
async function openWire() {
  const { hostname, port } = new URL(server)
  const sockets = new Set<Socket>()
  let isMute = false
  let commits = 0
  const listener = createServer((here) => {
    const there = connect(Number(port), hostname)
    for (const [one, other] of [[here, there] as const, [there, here] as const])
      sockets.add(one.on('error', () => {}).on('close', () => other.destroy()))
    here.on('data', (bytes) => {
      if (bytes.includes('\r\ncommit\r\n')) commits++
      there.write(bytes)
    })
    there.on('data', (bytes) => isMute || here.write(bytes))
  }).listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const { port: door } = listener.address() as AddressInfo
  const cut = (): void => {
    for (const socket of sockets) socket.destroy()
  }
  return {
    host: `127.0.0.1:${door}`,
    commits: () => commits,
    mute: () => {
      isMute = true
    },
    /** To whoever asks anew: of a question whose answer was lost nobody hears. */
    speak() {
      isMute = false
      cut()
    },
    refuse() {
      listener.close()
      cut()
    },
    async accept() {
      await once(listener.listen(door, '127.0.0.1'), 'listening')
    },
    close() {
      listener.close()
      cut()
    },
  }
}
