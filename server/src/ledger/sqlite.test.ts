/** SQLite as the ledger: the suite of every adapter, and what only SQLite does. */
import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import * as fc from 'fast-check'
import { afterAll, describe, expect, onTestFinished, test } from 'vitest'
import { ledgerConformance } from './ledger.conformance.ts'
import { changeOf, GAPS, SEATS, step } from './ledger.model.ts'
import { type Change, FREE, type Ledger, LedgerBusy, type LogEnds, SOLD } from './ledger.ts'
import { NotSynced } from './sqlite.file.ts'
import { openStore, SHARD, type Store } from './sqlite.store.ts'
import { openSqliteLedger } from './sqlite.ts'

const HOUR_MS = 3_600_000
const NOW = 1_800_000_000_000

const folder = mkdtempSync(join(tmpdir(), 'onsale-ledger-'))
let files = 0
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const newFile = (): string => join(folder, `${++files}.db`)

ledgerConformance('SQLite', async () => {
  const path = newFile()
  return { url: `sqlite:${path}`, open: (limits) => openSqliteLedger({ path, ...limits }) }
})

describe('checkpoints', () => {
  const ZONES = ['x', 'y', 'z']
  const acts = fc.array(fc.oneof({ weight: 8, arbitrary: step }, { weight: 1, arbitrary: fc.constant('checkpoint' as const) }), {
    maxLength: 50,
  })

  /** One zone a step, whenever it is asked for: what is left behind has zones and keys of many moments. */
  const EAGER = { replayedAtLeast: 0, replayedAtMost: 1, bytesPerEntry: 1, bytesPerStep: 1 }

  test('zones as they were written at different moments, and the rows after them, add up to what all rows add up to', () => {
    fc.assert(
      fc.property(acts, acts, (first, second) => {
        const plain = openStore(':memory:')
        const path = newFile()
        const store = openStore(path, EAGER)
        for (const each of [plain, store]) each.open(ZONES.map((zone) => ({ zone, seats: SEATS, gaps: GAPS })))
        play(first, plain, store)
        const again = openStore(asItWasLeft(path), EAGER)
        expectEqual(again, plain)
        play(second, plain, again)
        expectEqual(again, plain)
        for (const each of [plain, store, again]) each.close(NOW)
      }),
      { numRuns: 30 },
    )
  })

  test('opening and closing again and again forgets nothing', () => {
    const path = newFile()
    const first = openStore(path)
    first.open([{ zone: 'z', seats: 100, gaps: [] }])
    for (let seat = 0; seat < 100; seat += 10) first.commit(tenSeats(seat), NOW)
    first.close(NOW)
    for (let round = 0; round < 4; round++) {
      const again = openStore(path)
      for (let seat = 0; seat < 100; seat += 10)
        expect(again.commit(tenSeats(seat), NOW).every((outcome) => outcome.ok && outcome.replayed)).toBe(true)
      again.close(NOW)
    }
  })

  /** Commits in packs of five, so that a row carries more than one. `store` makes checkpoints on the way, `plain` never does. */
  function play(history: readonly (typeof step extends fc.Arbitrary<infer S> ? S | 'checkpoint' : never)[], plain: Store, store: Store) {
    let pack: Change[] = []
    const commit = () => {
      if (pack.length > 0) expect(store.commit(pack, NOW)).toEqual(plain.commit(pack, NOW))
      pack = []
    }
    history.forEach((act, i) => {
      if (act !== 'checkpoint') pack.push(changeOf(ZONES[i % ZONES.length] as string, i, act))
      if (act === 'checkpoint' || pack.length === 5) commit()
      if (act === 'checkpoint') store.checkpoint(NOW)
    })
    commit()
  }

  function expectEqual(store: Store, plain: Store): void {
    expect(store.ends()).toEqual(plain.ends())
    expect(store.read(0, 1000)).toEqual(plain.read(0, 1000))
    for (const zone of ZONES) for (const at of [0, 7, 13, 30]) expect(store.seats(zone, at)).toEqual(plain.seats(zone, at))
  }
})

describe('when the disk refuses', () => {
  test('the buyers hear of it, the seats are free, and later buyers get them', async () => {
    const { path, ledger } = await openHouse()
    await ledger.commit(sell(0, 'before'))
    const refused = await whileRefusing(path, 'log', () => Promise.allSettled([1, 2, 3].map((seat) => ledger.commit(sell(seat, 'lost')))))
    for (const answer of refused) expect(String((answer as PromiseRejectedResult).reason.cause)).toContain('no space left')
    expect(await ledger.seats('z', NOW)).toEqual(Uint8Array.from([SOLD, FREE, FREE, FREE]))
    expect(await ledger.ends()).toEqual([{ shard: '0', trimmed: 0, head: 1 }])
    expect(await ledger.commit(sell(1, 'after'))).toMatchObject({ ok: true, position: 2 })
    expect((await ledger.read({ shard: '0', after: 0, limit: 9 })).map(({ position }) => position)).toEqual([1, 2])
  })

  test('a key whose commit failed was not used, and the same retry succeeds once', async () => {
    const { path, ledger } = await openHouse()
    const change = { ...sell(0, 'a'), key: { id: 'k', fingerprint: 'f' } }
    await whileRefusing(path, 'log', () => expect(ledger.commit(change)).rejects.toThrow(LedgerBusy))
    expect(await ledger.commit(change)).toMatchObject({ ok: true, replayed: false, position: 1 })
    expect(await ledger.commit(change)).toMatchObject({ ok: true, replayed: true, position: 1 })
  })

  test('a checkpoint that fails stops no sale, and nothing is lost', async () => {
    const { path, ledger } = await openHouse()
    const seats = 6000
    await ledger.open([{ zone: 'big', seats, gaps: [] }])
    const sellFrom = async (first: number, count: number) => {
      for (let seat = first; seat < first + count; seat += 500)
        for (const outcome of await Promise.all(
          Array.from({ length: 500 }, (_, i) => ledger.commit({ ...sell(seat + i, 'a'), zone: 'big' })),
        ))
          expect(outcome.ok).toBe(true)
    }
    await whileRefusing(path, 'zones', () => sellFrom(0, 5000))
    await sellFrom(5000, 1000)
    await ledger.close()
    const again = await open(path)
    expect(await again.seats('big', NOW)).toEqual(new Uint8Array(seats).fill(SOLD))
    expect(await again.ends()).toMatchObject([{ head: seats }])
  })

  test('a zone that could not be opened is not open', async () => {
    const { path, ledger } = await openHouse()
    const opening = { zone: 'other', seats: 3, gaps: [] }
    await whileRefusing(path, 'zones', () => expect(ledger.open([opening])).rejects.toThrow('no space left'))
    expect(await ledger.commit({ ...sell(0, 'a'), zone: 'other' })).toEqual({ ok: false, why: 'not-open' })
    await ledger.open([opening])
    expect(await ledger.commit({ ...sell(0, 'a'), zone: 'other' })).toMatchObject({ ok: true })
  })

  test('after a failed commit nothing is decided until everything was read again', () => {
    const path = newFile()
    const store = openStore(path)
    store.open([{ zone: 'z', seats: 4, gaps: [] }])
    store.commit([sell(0, 'a')], NOW)
    const other = new DatabaseSync(path, { timeout: 5000 })
    other.exec("create trigger refuse before insert on log begin select raise(abort, 'no space left'); end")
    other.exec('alter table zones rename to elsewhere')
    expect(() => store.commit([sell(1, 'b')], NOW)).toThrow()
    other.exec('drop trigger refuse')
    expect(() => store.commit([sell(2, 'c')], NOW)).toThrow('zones')
    other.exec('alter table elsewhere rename to zones')
    other.close()
    expect(store.commit([sell(1, 'd')], NOW)).toMatchObject([{ ok: true, position: 2 }])
    expect(store.seats('z', NOW)).toEqual(Uint8Array.from([SOLD, SOLD, FREE, FREE]))
    store.close(NOW)
  })
})

describe('what was answered is on the disk', () => {
  const pace = undefined

  test('after every commit that sold, after every opening of zones, and when a process begins', () => {
    let syncs = 0
    const path = newFile()
    const store = openStore(path, pace, () => void syncs++)
    const since = (work: () => void): number => {
      const before = syncs
      work()
      return syncs - before
    }
    expect(syncs).toBe(1)
    expect(since(() => store.open([{ zone: 'z', seats: 4, gaps: [] }]))).toBe(1)
    expect(since(() => store.commit([sell(0, 'a'), sell(1, 'a')], NOW))).toBe(1)
    expect(since(() => store.commit([sell(0, 'b')], NOW))).toBe(0)
    store.close(NOW)
  })

  test('a sync that fails answers nobody, and nothing goes on by what is in memory', () => {
    let broken = false
    const store = openStore(newFile(), pace, () => {
      if (broken) throw new Error('input/output error')
    })
    store.open([{ zone: 'z', seats: 4, gaps: [] }])
    broken = true
    expect(() => store.commit([sell(0, 'a')], NOW)).toThrow(NotSynced)
    expect(() => store.open([{ zone: 'y', seats: 4, gaps: [] }])).toThrow(NotSynced)
  })
})

describe('a batch', () => {
  test('is decided in order and written as one; a key that comes twice in it gets its first answer', () => {
    const path = newFile()
    const store = openStore(path)
    store.open([{ zone: 'z', seats: 4, gaps: [] }])
    const keyed = { ...sell(1, 'a'), key: { id: 'k', fingerprint: 'f' } }
    const other = { ...sell(3, 'a'), key: { id: 'k', fingerprint: 'g' } }
    const outcomes = store.commit([sell(0, 'a'), keyed, sell(0, 'b'), keyed, other, sell(2, 'a')], NOW)
    expect(outcomes.map((outcome) => (outcome.ok ? outcome.position : outcome.why))).toEqual([1, 2, 'taken', 2, 'key-reused', 3])
    expect(outcomes[3]).toMatchObject({ replayed: true, fact: keyed.options[0]?.fact })
    expect(openStore(asItWasLeft(path)).read(0, 10)).toHaveLength(3)
    store.close(NOW)
  })

  test('is not seen by anybody before it is durable', async () => {
    const ledger = await open(newFile())
    await ledger.open([{ zone: 'z', seats: 3000, gaps: [] }])
    let seat = 0
    const buyer = async (): Promise<void> => {
      while (seat < 3000) expect(await ledger.commit(sell(seat++, 'a'))).toMatchObject({ ok: true })
    }
    const buyers = Array.from({ length: 60 }, buyer)
    let looks = 0
    const look = async (): Promise<void> => {
      while (seat < 3000) {
        const [[ends], entries] = await Promise.all([ledger.ends(), ledger.read({ shard: SHARD, after: 0, limit: 10_000 })])
        expect(entries).toHaveLength((ends as LogEnds).head)
        looks++
      }
    }
    await Promise.all([...buyers, look()])
    expect(looks).toBeGreaterThan(5)
    expect((await ledger.ends())[0]?.head).toBe(3000)
  })
})

describe('the log and its keys', () => {
  const keyed: Change = { ...sell(0, 'a'), key: { id: 'k', fingerprint: 'f' } }

  test.for([
    { hours: 23, trimmed: 1, kept: true, because: 'a day is not over' },
    { hours: 25, trimmed: 1, kept: false, because: 'it is stored by the read side and a day old' },
    { hours: 25, trimmed: 0, kept: true, because: 'the read side has not stored it' },
  ])('after $hours hours, trimmed to $trimmed: kept $kept, because $because', ({ hours, trimmed, kept }) => {
    const path = newFile()
    const store = openStore(path)
    store.open([{ zone: 'z', seats: 4, gaps: [] }])
    store.commit([keyed], NOW)
    store.trim(trimmed)
    store.close(NOW + hours * HOUR_MS)
    const again = openStore(path)
    expect(again.read(0, 10)).toHaveLength(kept ? 1 : 0)
    expect(again.commit([keyed], NOW)[0]?.ok).toBe(kept)
    expect(again.commit([sell(1, 'b')], NOW)).toMatchObject([{ ok: true, position: 2 }])
    expect(again.seats('z', NOW)).toEqual(Uint8Array.from([SOLD, SOLD, FREE, FREE]))
    again.close(NOW)
  })

  test('of a quiet house with a row a sale, all that is a day old goes at once', () => {
    const path = newFile()
    const store = openStore(path)
    store.open([{ zone: 'z', seats: 300, gaps: [] }])
    for (let seat = 0; seat < 300; seat++) store.commit([sell(seat, 'a')], NOW)
    store.trim(300)
    store.close(NOW + 25 * HOUR_MS)
    const again = openStore(path)
    expect(again.read(0, 1000)).toEqual([])
    expect(again.seats('z', NOW)).toEqual(new Uint8Array(300).fill(SOLD))
    again.close(NOW)
  })
})

test('a ledger belongs to one process: a second one does not open it, and once the first has let go it does', async () => {
  const path = newFile()
  const first = await open(path)
  await expect(openSqliteLedger({ path })).rejects.toThrow('in use by another process')
  await first.close()
  expect(await (await open(path)).zones()).toEqual([])
})

/** SQLite itself refuses to write to a table, by a trigger that another connection sets. */
async function whileRefusing<T>(path: string, table: string, work: () => Promise<T>): Promise<T> {
  const other = new DatabaseSync(path, { timeout: 5000 })
  other.exec(`create trigger refuse before insert on ${table} begin select raise(abort, 'no space left'); end`)
  const result = await work()
  other.exec('drop trigger refuse')
  other.close()
  return result
}

function sell(seat: number, owner: string): Change {
  return {
    zone: 'z',
    options: [{ seats: [seat], owners: [owner], fact: JSON.stringify({ seat, owner }) }],
    from: 'free',
    to: 'sold',
    at: NOW,
  }
}

function tenSeats(first: number): Change[] {
  return Array.from({ length: 10 }, (_, i) => ({ ...sell(first + i, 'a'), key: { id: `k${first + i}`, fingerprint: 'f' } }))
}

async function open(path: string): Promise<Ledger> {
  const ledger = await openSqliteLedger({ path })
  onTestFinished(() => ledger.close())
  return ledger
}

async function openHouse(): Promise<{ path: string; ledger: Ledger }> {
  const path = newFile()
  const ledger = await open(path)
  await ledger.open([{ zone: 'z', seats: 4, gaps: [] }])
  return { path, ledger }
}

/** A copy of the files of a store that is still open: what a process that dies now leaves behind. */
function asItWasLeft(path: string): string {
  const copy = newFile()
  for (const part of ['', '-wal']) if (existsSync(path + part)) copyFileSync(path + part, copy + part)
  return copy
}
