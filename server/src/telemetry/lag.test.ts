/** What is behind, how old it is, and that neither is forgotten with the database. */
import { describe, expect, it } from 'vitest'
import { openSqliteLedger } from '../ledger/sqlite.ts'
import { watchLag } from './lag.ts'

const SOLD_AT = Date.parse('2027-05-01T19:00:00.000Z')

async function open() {
  const ledger = await openSqliteLedger({ path: ':memory:' })
  await ledger.open([{ zone: 'Play/1', seats: 10, gaps: [] }])
  let reads = 0
  const errors: unknown[] = []
  let stored: () => Promise<ReadonlyMap<string, number>> = async () => new Map()
  const counted: typeof ledger = {
    ...ledger,
    read(from) {
      reads++
      return ledger.read(from)
    },
  }
  return {
    ledger,
    errors,
    reads: () => reads,
    look: watchLag(
      counted,
      () => stored(),
      (error) => errors.push(error),
    ),
    storedIs(positions: number) {
      stored = async () => new Map([['0', positions]])
    },
    databaseIsAway() {
      stored = () => Promise.reject(new Error('away'))
    },
    /** At 0, 1000, 2000 ms after the first. */
    async sell(seat: number) {
      const at = SOLD_AT + seat * 1000
      const fact = `{"v":1,"createdOn":"${new Date(at).toISOString()}"}`
      await ledger.commit({ zone: 'Play/1', from: 'free', to: 'sold', at, options: [{ seats: [seat], owners: [`t${seat}`], fact }] })
    },
  }
}

describe('the lag of a shard', () => {
  it('is how many entries are not stored, and when the oldest of them was written', async () => {
    const { ledger, sell, look, storedIs } = await open()
    for (const seat of [0, 1, 2]) await sell(seat)
    expect(await look()).toEqual([{ shard: '0', entries: 3, oldestAt: SOLD_AT }])
    storedIs(2)
    expect(await look()).toEqual([{ shard: '0', entries: 1, oldestAt: SOLD_AT + 2000 }])
    storedIs(3)
    expect(await look()).toEqual([{ shard: '0', entries: 0, oldestAt: null }])
    await ledger.close()
  })

  it('stands and grows while the database is away, which is told', async () => {
    const { ledger, sell, look, storedIs, databaseIsAway, errors } = await open()
    await sell(0)
    storedIs(1)
    await look()
    databaseIsAway()
    for (const seat of [1, 2]) await sell(seat)
    expect(await look()).toEqual([{ shard: '0', entries: 2, oldestAt: SOLD_AT + 1000 }])
    expect(errors).toEqual([new Error('away')])
    await ledger.close()
  })

  it('reads the log once for each entry that comes to be the oldest', async () => {
    const { ledger, sell, look, storedIs, reads } = await open()
    for (const seat of [0, 1]) await sell(seat)
    for (let i = 0; i < 3; i++) await look()
    expect(reads()).toBe(1)
    storedIs(1)
    for (let i = 0; i < 3; i++) await look()
    expect(reads()).toBe(2)
    await ledger.close()
  })
})
