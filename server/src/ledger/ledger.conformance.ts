/**
 * Judges every ledger. An adapter's test file calls `ledgerConformance` with a way to make places: where a new and empty ledger is kept,
 * and can be opened again. Nothing here knows how; failing disks and what an adapter keeps for how long are tested beside it.
 *
 * Seen to fail on these faults, planted one at a time in a copy of the SQLite ledger (and, where the suite cannot know of it, caught by
 * sqlite.test.ts, marked *):
 *   no guard on taken seats ................ of 200 racing buyers of one seat, and 13 more
 *   no owner check ......................... only the owner of every seat of a set, and 6 more
 *   no idempotency ......................... the same key and fingerprint get the first answer, and 19 more
 *   keys looked up only in earlier batches . twenty at once under one key
 *   fingerprint not compared ............... the same key with another fingerprint is refused, and 8 more
 *   expiry off by one, in the guard ........ the table of holds; random histories
 *   expiry off by one, in what is seen ..... it remembers states, owners, ends of holds; random histories
 *   own hold that ran out is still mine .... the table of holds; random histories
 *   sold seats end with their hold ......... the table of holds; random histories
 *   only the first seat of a set is checked  of a set with one taken seat nothing is taken; a gap among seats
 *   the same seat twice is taken ........... the same seat twice is never sold; random histories
 *   the last option wins ................... the first that is wholly available is taken; random histories
 *   an entry alone is not appended ......... died between steps, and 27 more
 *   log row written after the answer ....... died between steps, and 12 more
 *   answers of a batch in another order .... died between steps; random histories
 *   checkpoint forgets keys ................ keys outlive a long history, and 8 more
 *   second checkpoint overwrites keys ...... keys outlive a long history (a fault that we had)
 *   checkpoint forgets owners .............. it remembers states, owners, ends of holds; died between steps
 *   checkpoint forgets ends of holds ....... it remembers states, owners, ends of holds; random histories
 *   rows after the checkpoint not replayed . died between steps
 *   memory ahead of a disk that refused .... * the buyers hear of it, the seats are free
 *   untrimmed entries dropped after a day .. * after 25 hours, trimmed to 0
 *   trimmed entries dropped with their keys  what was trimmed is over only for the log
 *   opening again empties the zone ......... opening a zone again changes nothing
 *   `was` says free for a hold that ran out  an entry tells the recorded state before it; random histories
 *   reading skips the first of a batch ..... reading begins after a position, and 4 more
 *   no limit to what waits, or to the backlog  when too many commits wait; when the read side is too far behind
 */
import { type LogEntry, seal } from '@onsale/contract/entry'
import * as fc from 'fast-check'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { hostLedger } from './ledger.host.ts'
import { changeOf, createModel, GAPS, SEATS, step } from './ledger.model.ts'
import { type Change, FREE, HELD, type Ledger, LedgerBusy, NONE, type Option, type Outcome, type RestoredEntry, SOLD } from './ledger.ts'

export type Limits = { maxWaiting?: number; maxBacklog?: number }

/** Where one ledger lives. */
export type Place = {
  /** Opens what is there, in this process. */
  open(limits?: Limits): Promise<Ledger>
  /** The same for a process of its own: LEDGER_URL. */
  url: string
}

const NOW = 1_800_000_000_000
const ZONE = 'Event1/1'
/** Steps of a random history. All histories of a run take a step together, so that a disk that is slow to sync is asked a few hundred times. */
const ROUNDS = 16

export function ledgerConformance(name: string, newPlace: () => Promise<Place>): void {
  describe(`${name} ledger`, () => {
    const open: Ledger[] = []
    afterEach(async () => {
      for (const ledger of open.splice(0)) await ledger.close()
    })

    async function openAt(place: Place, limits?: Limits): Promise<Ledger> {
      const ledger = await place.open(limits)
      open.push(ledger)
      return ledger
    }

    async function reopened(place: Place, ledger: Ledger): Promise<Ledger> {
      open.splice(open.indexOf(ledger), 1)
      await ledger.close()
      return openAt(place)
    }

    /** One zone of ten seats, the last of them a gap. */
    async function openHouse(limits?: Limits): Promise<{ place: Place; ledger: Ledger }> {
      const place = await newPlace()
      const ledger = await openAt(place, limits)
      await ledger.open([{ zone: ZONE, seats: 10, gaps: [9] }])
      return { place, ledger }
    }

    let shared: Ledger
    let housesOpened = 0
    beforeAll(async () => {
      shared = await (await newPlace()).open()
    })
    afterAll(() => shared.close())

    /** The same house as a zone of its own in a ledger that the rows of tables share: opening a ledger a row takes long. */
    async function shareHouse(): Promise<{ ledger: Ledger; zone: string }> {
      const zone = `Shared/${++housesOpened}`
      await shared.open([{ zone, seats: 10, gaps: [9] }])
      return { ledger: shared, zone }
    }

    describe('one owner a seat', () => {
      test('of 200 racing buyers of one seat, one gets it and the others hear that it is taken', async () => {
        const { ledger } = await openHouse()
        const outcomes = await Promise.all(many(200, (i) => ledger.commit(sell([3], `t${i}`))))
        expect(outcomes.filter(({ ok }) => ok)).toHaveLength(1)
        for (const outcome of outcomes) if (!outcome.ok) expect(outcome).toEqual({ ok: false, why: 'taken', states: states('...s..... ') })
        expect(await wholeLog(ledger)).toHaveLength(1)
      })

      test('buyers with overlapping options sell the whole zone, each seat once', async () => {
        const { ledger } = await openHouse()
        await ledger.open([{ zone: 'Event1/2', seats: 120, gaps: [] }])
        const wishes = many(150, (i) => {
          const options = many(8, (n) => option([(i * 7 + n * 13) % 120], `t${i}`))
          return ledger.commit({ zone: 'Event1/2', options, from: 'free', to: 'sold', at: NOW })
        })
        const sold = (await Promise.all(wishes)).filter((outcome) => outcome.ok).flatMap(seatsOf)
        expect(new Set(sold).size).toBe(sold.length)
        expect(await seatsIn(ledger, 'Event1/2', NOW)).toEqual(Uint8Array.from(many(120, (seat) => (sold.includes(seat) ? SOLD : FREE))))
        const rest = many(120, (seat) => ledger.commit({ ...sell([seat], `late${seat}`), zone: 'Event1/2' }))
        expect((await Promise.all(rest)).filter(({ ok }) => ok)).toHaveLength(120 - sold.length)
      })

      test('a hold and a sale racing for one seat leave one owner', async () => {
        const { ledger } = await openHouse()
        const outcomes = await Promise.all(many(40, (i) => ledger.commit(i % 2 ? hold([0], `h${i}`, NOW + 1000) : sell([0], `t${i}`))))
        expect(outcomes.filter(({ ok }) => ok)).toHaveLength(1)
      })

      test('zones do not know each other: the same seat number is another seat', async () => {
        const { ledger } = await openHouse()
        await ledger.open([{ zone: 'Event2/1', seats: 10, gaps: [] }])
        expect(await ledger.commit(sell([1], 'a'))).toMatchObject({ ok: true })
        expect(await ledger.commit({ ...sell([1], 'b'), zone: 'Event2/1' })).toMatchObject({ ok: true })
      })
    })

    describe('options', () => {
      test('the first that is wholly available is taken, and its fact is the answer', async () => {
        const { ledger } = await openHouse()
        await ledger.commit(sell([0], 'other'))
        const outcome = await ledger.commit({
          ...sell([0, 1], 'a'),
          options: [option([0, 1], 'a'), option([2, 3], 'a'), option([4, 5], 'a')],
        })
        expect(outcome).toMatchObject({ ok: true, replayed: false, fact: option([2, 3], 'a').fact })
        expect(await seatsIn(ledger, ZONE, NOW)).toEqual(states('s.ss..... '))
      })

      test('of a set with one taken seat nothing is taken', async () => {
        const { ledger } = await openHouse()
        await ledger.commit(sell([4], 'other'))
        expect(await ledger.commit(sell([2, 3, 4], 'a'))).toEqual({ ok: false, why: 'taken', states: states('....s.... ') })
        expect(await seatsIn(ledger, ZONE, NOW)).toEqual(states('....s.... '))
        expect(await wholeLog(ledger)).toHaveLength(1)
      })

      test.for([
        ['a seat before the first', [-1]],
        ['a seat beyond the last', [10]],
        ['a seat far beyond the last', [1_000_000]],
        ['a broken seat number', [1.5]],
        ['no number at all', [Number.NaN]],
        ['a gap', [9]],
        ['a gap among seats', [8, 9]],
        ['the same seat twice', [2, 2]],
        ['the same seat twice, far apart', [2, 3, 4, 2]],
        ['no seats', []],
      ] as [string, number[]][])('%s is never sold', async ([, seats]) => {
        const { ledger, zone } = await shareHouse()
        const before = await ledger.ends()
        for (const from of ['free', 'either', 'mine'] as const)
          expect(
            await ledger.commit({ ...sell(seats, 'a'), zone, from, options: [{ ...option(seats, 'a'), mine: seats.map(() => 'a') }] }),
          ).toEqual({
            ok: false,
            why: 'taken',
            states: states('......... '),
          })
        expect(await ledger.ends()).toEqual(before)
      })

      test('no options at all are answered with the true states', async () => {
        const { ledger } = await openHouse()
        await ledger.commit(sell([7], 'a'))
        expect(await ledger.commit({ ...sell([], 'b'), options: [] })).toEqual({ ok: false, why: 'taken', states: states('.......s. ') })
      })
    })

    describe('opening', () => {
      test('a zone that was never opened refuses, and has no seats', async () => {
        const { ledger } = await openHouse()
        expect(await ledger.commit({ ...sell([0], 'a'), zone: 'Event1/99' })).toEqual({ ok: false, why: 'not-open' })
        expect(await ledger.seats('Event1/99', NOW)).toBeNull()
      })

      test('opening a zone again changes nothing, whatever size it is given', async () => {
        const { place, ledger } = await openHouse()
        await ledger.commit(sell([5], 'a'))
        await ledger.open([
          { zone: ZONE, seats: 10, gaps: [9] },
          { zone: ZONE, seats: 99, gaps: [] },
        ])
        expect(await seatsIn(ledger, ZONE, NOW)).toEqual(states('.....s... '))
        const again = await reopened(place, ledger)
        await again.open([{ zone: ZONE, seats: 99, gaps: [] }])
        expect(await seatsIn(again, ZONE, NOW)).toEqual(states('.....s... '))
        expect(await again.zones()).toEqual([{ zone: ZONE, seats: 10 }])
      })

      test('every open zone is listed with its seats, gaps included', async () => {
        const { ledger } = await openHouse()
        await ledger.open([{ zone: 'Event1/2', seats: 3, gaps: [0] }])
        expect((await ledger.zones()).sort((a, b) => a.zone.localeCompare(b.zone))).toEqual([
          { zone: ZONE, seats: 10 },
          { zone: 'Event1/2', seats: 3 },
        ])
      })
    })

    describe('holds', () => {
      test.for([
        { at: NOW + 999, from: 'free', by: 'b', ok: false, because: 'it stands until its last millisecond' },
        { at: NOW + 1000, from: 'free', by: 'b', ok: true, because: 'at its end it is over' },
        { at: NOW + 1000, from: 'mine', by: 'a', ok: false, because: 'a hold that ran out is its owner’s no more' },
        { at: NOW + 999, from: 'mine', by: 'a', ok: true, because: 'its owner may buy what it holds' },
        { at: NOW + 999, from: 'mine', by: 'b', ok: false, because: 'nobody else may' },
        { at: NOW + 999, from: 'either', by: 'a', ok: true, because: 'own hold never stands in its own way' },
        { at: NOW + 999, from: 'either', by: 'b', ok: false, because: 'another’s does' },
        { at: NOW + 1000, from: 'either', by: 'a', ok: true, because: 'what ran out is free, also for its owner' },
        { at: NOW + 1000, from: 'either', by: 'b', ok: true, because: 'what ran out is free for everybody' },
      ] as const)('at $at, sold from $from by $by: $ok ($because)', async ({ at, from, by, ok }) => {
        const { ledger, zone } = await shareHouse()
        await ledger.commit({ ...hold([2, 3], 'a', NOW + 1000), zone })
        const outcome = await ledger.commit({ ...confirm([2, 3], by, `ticket-${by}`, from, at), zone })
        expect(outcome.ok).toBe(ok)
        expect(await seatsIn(ledger, zone, at)).toEqual(states(ok ? '..ss..... ' : at < NOW + 1000 ? '..hh..... ' : '......... '))
      })

      test('only the owner of every seat of a set may change it', async () => {
        const { ledger } = await openHouse()
        await ledger.commit(hold([0], 'a', NOW + 1000))
        await ledger.commit(hold([1], 'b', NOW + 1000))
        expect(await ledger.commit(confirm([0, 1], 'a', 't', 'mine', NOW))).toMatchObject({ ok: false, why: 'taken' })
        expect(await ledger.commit(confirm([0, 1], 'a', 't', 'either', NOW))).toMatchObject({ ok: false, why: 'taken' })
        const both = { ...option([0, 1], 't'), mine: ['a', 'b'] }
        expect(await ledger.commit({ zone: ZONE, options: [both], from: 'mine', to: 'sold', at: NOW })).toMatchObject({ ok: true })
      })

      test('from either takes own holds and free seats together', async () => {
        const { ledger } = await openHouse()
        await ledger.commit(hold([0], 'a', NOW + 1000))
        expect(await ledger.commit(confirm([0, 1], 'a', 't', 'either', NOW))).toMatchObject({ ok: true })
        expect((await wholeLog(ledger)).map(({ was }) => was)).toEqual(['.', 'h.'])
      })

      test('a hold can be made longer by its owner, and shorter by nobody else', async () => {
        const { ledger } = await openHouse()
        await ledger.commit(hold([0], 'a', NOW + 1000))
        const longer: Change = { ...hold([0], 'a', NOW + 5000), from: 'mine', options: [{ ...option([0], 'a'), mine: ['a'] }] }
        expect(await ledger.commit({ ...longer, options: [{ ...option([0], 'b'), mine: ['b'] }], until: NOW + 1 })).toMatchObject({
          ok: false,
        })
        expect(await ledger.commit(longer)).toMatchObject({ ok: true })
        expect(await seatsIn(ledger, ZONE, NOW + 4999)).toEqual(states('h........ '))
        expect(await seatsIn(ledger, ZONE, NOW + 5000)).toEqual(states('......... '))
      })

      test('sold seats end when their owner gives them back, and never by time', async () => {
        const { ledger } = await openHouse()
        await ledger.commit(hold([0], 'a', NOW + 1000))
        await ledger.commit(confirm([0], 'a', 'ticket', 'mine', NOW))
        expect(await ledger.commit(sell([0], 'other', NOW + 1_000_000))).toMatchObject({ ok: false })
        expect(await ledger.commit(release([0], 'other', NOW))).toMatchObject({ ok: false, why: 'taken' })
        expect(await ledger.commit(release([0], 'a', NOW))).toMatchObject({ ok: false, why: 'taken' })
        expect(await ledger.commit(release([0], 'ticket', NOW))).toMatchObject({ ok: true })
        expect(await ledger.commit(release([0], 'ticket', NOW))).toMatchObject({ ok: false, why: 'taken' })
        expect(await ledger.commit(sell([0], 'other', NOW))).toMatchObject({ ok: true })
      })

      test('an entry tells the recorded state before it, also of a hold that ran out', async () => {
        const { ledger } = await openHouse()
        await ledger.commit(hold([0], 'a', NOW + 1000))
        await ledger.commit(sell([0, 1], 'b', NOW + 2000))
        await ledger.commit(release([0, 1], 'b', NOW + 3000))
        expect((await wholeLog(ledger)).map(({ was }) => was)).toEqual(['.', 'h.', 'ss'])
      })
    })

    describe('repeated keys', () => {
      const keyed = (change: Change, id: string, fingerprint = 'f'): Change => ({ ...change, key: { id, fingerprint } })

      test('the same key and fingerprint get the first answer, and nothing is done twice', async () => {
        const { ledger } = await openHouse()
        const first = await ledger.commit(keyed(sell([0], 'a'), 'k'))
        const second = await ledger.commit(keyed(sell([5], 'b'), 'k'))
        expect(second).toEqual({ ...first, replayed: true })
        expect(await seatsIn(ledger, ZONE, NOW)).toEqual(states('s........ '))
        expect(await wholeLog(ledger)).toHaveLength(1)
      })

      test('the first answer stands in whatever zone, at whatever time and with whatever options it is asked for again', async () => {
        const { ledger } = await openHouse()
        await ledger.open([{ zone: 'Event1/2', seats: 5, gaps: [] }])
        const first = await ledger.commit(keyed(sell([0], 'a'), 'k'))
        await ledger.commit(release([0], 'a', NOW))
        const repeats: Change[] = [
          { ...sell([0], 'b'), zone: 'Event1/2' },
          { ...sell([0], 'b'), zone: 'Event1/99' },
          { ...sell([0], 'b'), options: [] },
          sell([0], 'b', NOW + 3_600_000),
        ]
        for (const repeat of repeats) expect(await ledger.commit(keyed(repeat, 'k'))).toEqual({ ...first, replayed: true })
        expect(await seatsIn(ledger, ZONE, NOW)).toEqual(states('......... '))
      })

      test('the same key with another fingerprint is refused, and nothing is done', async () => {
        const { ledger } = await openHouse()
        await ledger.commit(keyed(sell([0], 'a'), 'k', 'one'))
        expect(await ledger.commit(keyed(sell([1], 'a'), 'k', 'two'))).toEqual({ ok: false, why: 'key-reused' })
        expect(await seatsIn(ledger, ZONE, NOW)).toEqual(states('s........ '))
      })

      test('twenty at once under one key: one acts, all get its answer', async () => {
        const { ledger } = await openHouse()
        const outcomes = await Promise.all(many(20, (i) => ledger.commit(keyed(sell([i % 9], `t${i}`), 'k'))))
        const [acted, ...more] = outcomes.filter((outcome) => outcome.ok && !outcome.replayed)
        expect(more).toEqual([])
        for (const outcome of outcomes) expect({ ...outcome, replayed: false }).toEqual(acted)
        expect(await wholeLog(ledger)).toHaveLength(1)
      })

      test('two at once under one key with different fingerprints: one acts, the other is refused', async () => {
        const { ledger } = await openHouse()
        const outcomes = await Promise.all(['one', 'two'].map((print) => ledger.commit(keyed(sell([0], print), 'k', print))))
        expect(outcomes.filter(({ ok }) => ok)).toHaveLength(1)
        expect(outcomes).toContainEqual({ ok: false, why: 'key-reused' })
      })

      test('a refusal does not use the key up', async () => {
        const { ledger } = await openHouse()
        await ledger.commit(sell([0], 'other'))
        expect(await ledger.commit(keyed(sell([0], 'a'), 'k', 'one'))).toMatchObject({ ok: false, why: 'taken' })
        expect(await ledger.commit(keyed(sell([1], 'a'), 'k', 'two'))).toMatchObject({ ok: true, replayed: false })
      })

      test.for([
        ['empty looking', ' '],
        ['two hundred characters', 'x'.repeat(200)],
        ['quotes, commas and braces', '{"a":[1,2],\'b\'}'],
        ['a line break', 'a\nb'],
        ['not ASCII', 'schlüssel ☃ 🎟'],
      ] as [string, string][])('a key of %s is told from its neighbours', async ([, id]) => {
        const { ledger, zone } = await shareHouse()
        const first = await ledger.commit(keyed({ ...sell([0], 'a'), zone }, id, id))
        await ledger.commit(keyed({ ...sell([1], 'b'), zone }, `${id}.`, id))
        expect(await ledger.commit(keyed({ ...sell([2], 'c'), zone }, id, id))).toEqual({ ...first, replayed: true })
        expect(await ledger.commit(keyed({ ...sell([2], 'c'), zone }, id, 'other'))).toEqual({ ok: false, why: 'key-reused' })
      })

      test('keys outlive a long history and its reopening, every one of them', async () => {
        const { place, ledger } = await openHouse()
        const buyers = 5750
        await ledger.open([{ zone: 'Event1/2', seats: buyers, gaps: [] }])
        const ask = (of: Ledger, i: number) => of.commit({ ...keyed(sell([i], `t${i}`), `key ${i}`, `f${i}`), zone: 'Event1/2' })
        const first = await inPacks(buyers, (i) => ask(ledger, i))
        expect(first.every((outcome) => outcome.ok && !outcome.replayed)).toBe(true)
        let again = ledger
        for (let round = 0; round < 2; round++) {
          again = await reopened(place, again)
          const repeats = await inPacks(buyers, (i) => ask(again, i))
          expect(repeats.filter((repeat, i) => !isReplayOf(repeat, first[i]))).toEqual([])
          expect((await again.ends())[0]?.head).toBe(buyers)
        }
      })
    })

    describe('the log', () => {
      test('entries stand at 1, 2, 3 and so on, with the facts in the order of their answers', async () => {
        const { ledger } = await openHouse()
        const outcomes = await Promise.all(many(9, (i) => ledger.commit(sell([i], `t${i}`))))
        const entries = await wholeLog(ledger)
        expect(entries.map(({ position }) => position)).toEqual(many(9, (i) => i + 1))
        for (const outcome of outcomes)
          if (outcome.ok)
            expect(entries[outcome.position - 1]).toEqual({
              shard: outcome.shard,
              position: outcome.position,
              was: '.',
              fact: outcome.fact,
            })
        expect(await ledger.ends()).toEqual([{ shard: entries[0]?.shard, trimmed: 0, head: 9 }])
      })

      test('what is refused, reused or replayed leaves no entry', async () => {
        const { ledger } = await openHouse()
        await ledger.commit({ ...sell([0], 'a'), key: { id: 'k', fingerprint: 'f' } })
        await ledger.commit({ ...sell([0], 'a'), key: { id: 'k', fingerprint: 'f' } })
        await ledger.commit({ ...sell([1], 'a'), key: { id: 'k', fingerprint: 'g' } })
        await ledger.commit(sell([0], 'b'))
        await ledger.commit({ ...sell([0], 'b'), zone: 'Event1/99' })
        expect(await wholeLog(ledger)).toHaveLength(1)
      })

      test('reading begins after a position and keeps to its limit', async () => {
        const { ledger } = await openHouse()
        const shard = await sellAll(ledger)
        const positions = async (after: number, limit: number) =>
          (await ledger.read({ shard, after, limit })).map(({ position }) => position)
        expect(await positions(0, 3)).toEqual([1, 2, 3])
        expect(await positions(3, 3)).toEqual([4, 5, 6])
        expect(await positions(4, 1)).toEqual([5])
        expect(await positions(7, 100)).toEqual([8, 9])
        expect(await positions(9, 100)).toEqual([])
        expect(await positions(500, 100)).toEqual([])
      })

      test('facts come back as they were given, to the character', async () => {
        const { place, ledger } = await openHouse()
        const facts = ['{}', '{"text":"a \\" \\\\ \\n 🎟 é"}', `{"long":"${'x'.repeat(100_000)}"}`]
        for (const [i, fact] of facts.entries()) await ledger.commit({ ...sell([i], 'a'), options: [{ ...option([i], 'a'), fact }] })
        expect((await wholeLog(ledger)).map(({ fact }) => fact)).toEqual(facts)
        expect((await wholeLog(await reopened(place, ledger))).map(({ fact }) => fact)).toEqual(facts)
      })

      test('trimming loses nothing that is not trimmed, and never goes back', async () => {
        const { place, ledger } = await openHouse()
        const shard = await sellAll(ledger)
        await ledger.trim({ shard, position: 4 })
        await ledger.trim({ shard, position: 2 })
        expect(await ledger.ends()).toEqual([{ shard, trimmed: 4, head: 9 }])
        const untrimmed = async (of: Ledger) => (await of.read({ shard, after: 4, limit: 100 })).map(({ position }) => position)
        expect(await untrimmed(ledger)).toEqual([5, 6, 7, 8, 9])
        const again = await reopened(place, ledger)
        expect(await again.ends()).toEqual([{ shard, trimmed: 4, head: 9 }])
        expect(await untrimmed(again)).toEqual([5, 6, 7, 8, 9])
      })

      test('what was trimmed is over only for the log: seats, owners and keys remain, and positions go on', async () => {
        const { place, ledger } = await openHouse()
        const first = await ledger.commit({ ...sell([0], 'a'), key: { id: 'k', fingerprint: 'f' } })
        await ledger.trim({ shard: shardOf(first), position: 1 })
        const again = await reopened(place, ledger)
        expect(await seatsIn(again, ZONE, NOW)).toEqual(states('s........ '))
        expect(await again.commit({ ...sell([1], 'b'), key: { id: 'k', fingerprint: 'f' } })).toEqual({ ...first, replayed: true })
        expect(await again.commit(release([0], 'a', NOW))).toMatchObject({ ok: true, position: 2 })
      })

      test('trimming beyond the end trims what there is, and what comes after it is read', async () => {
        const { ledger } = await openHouse()
        const shard = await sellAll(ledger)
        await ledger.trim({ shard, position: 1000 })
        expect(await ledger.ends()).toEqual([{ shard, trimmed: 9, head: 9 }])
        await ledger.commit(release([0], 't0', NOW))
        expect((await ledger.read({ shard, after: 9, limit: 10 })).map(({ position }) => position)).toEqual([10])
      })
    })

    describe('reopened', () => {
      test('it remembers states, owners, ends of holds, keys and where the log ends', async () => {
        const { place, ledger } = await openHouse()
        await ledger.commit(sell([0, 1], 'buyer'))
        await ledger.commit(hold([2], 'holder', NOW + 1000))
        const keyed = { ...sell([3], 'k-owner'), key: { id: 'k', fingerprint: 'f' } }
        const first = await ledger.commit(keyed)
        const log = await wholeLog(ledger)
        const again = await reopened(place, ledger)
        expect(await seatsIn(again, ZONE, NOW)).toEqual(states('sshs..... '))
        expect(await seatsIn(again, ZONE, NOW + 1000)).toEqual(states('ss.s..... '))
        expect(await wholeLog(again)).toEqual(log)
        expect(await again.commit(keyed)).toEqual({ ...first, replayed: true })
        expect(await again.commit({ ...keyed, key: { id: 'k', fingerprint: 'g' } })).toEqual({ ok: false, why: 'key-reused' })
        expect(await again.commit(release([0, 1], 'stranger', NOW))).toMatchObject({ ok: false, why: 'taken' })
        expect(await again.commit(confirm([2], 'stranger', 't', 'mine', NOW))).toMatchObject({ ok: false, why: 'taken' })
        expect(await again.commit(confirm([2], 'holder', 't', 'mine', NOW))).toMatchObject({ ok: true, position: 4 })
        expect(await again.commit(release([0, 1], 'buyer', NOW))).toMatchObject({ ok: true, position: 5 })
      })

      test('an empty ledger is reopened empty', async () => {
        const place = await newPlace()
        const again = await reopened(place, await openAt(place))
        expect(await again.zones()).toEqual([])
        expect(await again.commit(sell([0], 'a'))).toEqual({ ok: false, why: 'not-open' })
      })

      test('after closing it takes nothing more', async () => {
        const { ledger } = await openHouse()
        open.splice(open.indexOf(ledger), 1)
        await ledger.close()
        await expect(ledger.commit(sell([0], 'a'))).rejects.toThrow()
      })
    })

    describe('restored from the archive', () => {
      const zones = [
        { zone: ZONE, seats: 10, gaps: [9] },
        { zone: 'Event1/2', seats: 4, gaps: [] },
      ]
      const keyed = { ...sell([3], 'k-owner'), key: { id: 'k', fingerprint: 'f' } }
      const history: Change[] = [
        sell([0, 1], 'buyer'),
        hold([2], 'holder', NOW + 1000),
        keyed,
        sell([4, 5], 'gone'),
        release([5], 'gone', NOW),
        { ...sell([1], 'other'), zone: 'Event1/2' },
        hold([6], 'late', NOW - 1),
        sell([6], 'after the hold'),
      ]

      /** A ledger with the history, what its archive says of it, and a place for one that is to be the same. */
      async function lost(): Promise<{ first: Ledger; entries: RestoredEntry[]; place: Place }> {
        const first = await openAt(await newPlace())
        await first.open(zones)
        const entries: RestoredEntry[] = []
        for (const change of history) {
          const { shard, position } = (await first.commit(change)) as Extract<Outcome, { ok: true }>
          entries.push({ shard, position, change })
        }
        return { first, entries, place: await newPlace() }
      }

      test('it has the same seats, owners, ends of holds, keys and log, and goes on where it was', async () => {
        const { first, entries, place } = await lost()
        let ledger = await openAt(place)
        await ledger.restore(zones, batchesOf(entries.slice(0, 3), entries.slice(3)))
        for (let round = 0; round < 2; round++) {
          if (round === 1) ledger = await reopened(place, ledger)
          expect(await seatsIn(ledger, ZONE, NOW)).toEqual(states('sshss.s.. '))
          for (const { zone } of zones)
            for (const at of [NOW, NOW + 1000]) expect(await seatsIn(ledger, zone, at)).toEqual(await seatsIn(first, zone, at))
          expect(await wholeLog(ledger)).toEqual(await wholeLog(first))
          const [ends] = await ledger.ends()
          expect(ends).toEqual({ ...(await first.ends())[0], trimmed: history.length })
          expect(await ledger.commit(keyed)).toEqual({ ...(await first.commit(keyed)), replayed: true })
          expect(await ledger.commit({ ...keyed, key: { id: 'k', fingerprint: 'g' } })).toEqual({ ok: false, why: 'key-reused' })
          expect(await ledger.commit(release([0, 1], 'stranger', NOW))).toMatchObject({ ok: false, why: 'taken' })
        }
        expect(await ledger.commit(confirm([2], 'holder', 't', 'mine', NOW))).toMatchObject({ ok: true, position: history.length + 1 })
        expect(await ledger.commit(release([0, 1], 'buyer', NOW))).toMatchObject({ ok: true, position: history.length + 2 })
      })

      test('while it is under way, and when it broke off, nothing is sold; begun again, it goes on', async () => {
        const { entries, place } = await lost()
        let again = await openAt(place)
        const seen: Outcome[] = []
        async function* broken() {
          yield entries.slice(0, 2)
          seen.push(await again.commit(sell([7], 'early')), await again.commit(keyed))
          throw new Error('the archive is away')
        }
        await expect(again.restore(zones, broken())).rejects.toThrow('the archive is away')
        for (let round = 0; round < 2; round++) {
          seen.push(await again.commit(sell([7], 'early')))
          again = await reopened(place, again)
        }
        expect(seen).toEqual(many(4, () => ({ ok: false, why: 'not-open' })))
        await again.restore(zones, batchesOf(entries))
        expect((await wholeLog(again)).map(({ position }) => position)).toEqual(entries.map(({ position }) => position))
        expect(await again.commit(sell([7], 'now'))).toMatchObject({ ok: true, position: history.length + 1 })
      })

      test('a long history that breaks off anywhere goes on there: each entry and key is where it was', async () => {
        const house = [{ zone: ZONE, seats: 400, gaps: [] }]
        const wishes = many(300, (i): Change => {
          if (i % 7 === 6) return release([i - 1], `é${i - 1}`, NOW)
          return { ...sell([i], `é${i}`), ...(i % 2 === 0 && { key: { id: `k${i}`, fingerprint: `f${i}` } }) }
        })
        const [first, again] = [await openAt(await newPlace()), await openAt(await newPlace())]
        await first.open(house)
        const outcomes: Extract<Outcome, { ok: true }>[] = []
        // Part by part: what is not waited for has no order, and a release must come after its sale.
        for (let from = 0; from < wishes.length; from += 98)
          outcomes.push(...((await Promise.all(wishes.slice(from, from + 98).map((wish) => first.commit(wish)))) as typeof outcomes))
        const entries = outcomes
          .map(({ shard, position }, i): RestoredEntry => ({ shard, position, change: wishes[i] as Change }))
          .sort((a, b) => a.position - b.position)
        async function* upTo(...ends: number[]) {
          for (const [i, end] of ends.entries()) yield entries.slice(ends[i - 1] ?? 0, end)
          throw new Error('the archive is away')
        }
        for (const ends of [[40], [33, 232], [250]])
          await expect(again.restore(house, upTo(...ends))).rejects.toThrow('the archive is away')
        await again.restore(house, batchesOf(entries))
        expect(await seatsIn(again, ZONE, NOW)).toEqual(await seatsIn(first, ZONE, NOW))
        expect(await wholeLog(again)).toEqual(await wholeLog(first))
        const keyed = wishes.filter(({ key }) => key)
        expect(await Promise.all(keyed.map((wish) => again.commit(wish)))).toEqual(
          outcomes.filter((_, i) => wishes[i]?.key).map((outcome) => ({ ...outcome, replayed: true })),
        )
      })

      test('a ledger that has entries is left as it is: the same ones are no fault, more or others are', async () => {
        const { first, entries } = await lost()
        const log = await wholeLog(first)
        await first.restore(zones, batchesOf(entries))
        const [last] = entries.slice(-1) as [RestoredEntry]
        await expect(first.restore(zones, batchesOf([{ ...last, position: last.position + 1 }]))).rejects.toThrow('sells')
        const other = { ...last, change: { ...last.change, options: [{ ...option([6], 'other'), fact: '{"other":1}' }] } }
        await expect(first.restore(zones, batchesOf([other]))).rejects.toThrow('another entry')
        expect(await wholeLog(first)).toEqual(log)
        expect(await first.commit(sell([7], 'goes on'))).toMatchObject({ ok: true, position: last.position + 1 })
      })

      test('what lacks an entry, or a zone, is refused', async () => {
        const { entries, place } = await lost()
        const again = await openAt(place)
        await expect(again.restore(zones, batchesOf(entries.slice(1)))).rejects.toThrow('missing')
        await expect(again.restore([], batchesOf(entries.slice(0, 1), [entries[5] as RestoredEntry]))).rejects.toThrow()
        expect(await again.commit(sell([7], 'early'))).toEqual({ ok: false, why: 'not-open' })
      })

      test('zones without entries are open afterwards', async () => {
        const again = await openAt(await newPlace())
        await again.restore(zones, batchesOf())
        expect(await again.commit(sell([0], 'a'))).toMatchObject({ ok: true, position: 1 })
      })
    })

    describe('died between steps', () => {
      const crowd = { zones: 10, seats: 400, buyers: 2400, atOnce: 120 }
      const zoneOf = (buyer: number) => `Event1/${(buyer % crowd.zones) + 1}`

      /** Two seats side by side, both or none, under a key. */
      function wishOf(buyer: number): Change {
        const first = ((buyer * 31) % (crowd.seats / 2)) * 2
        const options = many(4, (n) =>
          option(
            many(2, (i) => (first + n * 2 + i) % crowd.seats),
            `b${buyer}`,
          ),
        )
        return { zone: zoneOf(buyer), options, from: 'free', to: 'sold', at: NOW, key: { id: `b${buyer}`, fingerprint: 'f' } }
      }

      test('killed in the midst of many commits: every acknowledged one is there, whole, and no seat is taken without its entry', async () => {
        const place = await newPlace()
        const zones = many(crowd.zones, (i) => ({ zone: `Event1/${i + 1}`, seats: crowd.seats, gaps: [] }))
        let ledger = await openAt(place)
        await ledger.open(zones)
        const acknowledged = new Map<number, Extract<Outcome, { ok: true }>>()
        for (const killAfter of [1, 150, 500]) {
          open.splice(open.indexOf(ledger), 1)
          await ledger.close()
          await crashAfter(killAfter, place, acknowledged)
          ledger = await openAt(place)
          await expectWhole(ledger, acknowledged)
        }
        expect(acknowledged.size).toBeGreaterThan(600)
        await expectFirstAnswers(ledger, acknowledged)
      })

      /** Buyers come until so many more commits are acknowledged; then the process is killed while others are under way. */
      async function crashAfter(count: number, place: Place, acknowledged: Map<number, Extract<Outcome, { ok: true }>>): Promise<void> {
        const hosted = await hostLedger(place.url)
        const enough = acknowledged.size + count
        let next = acknowledged.size
        let killed: Promise<void> | undefined
        async function buyer(): Promise<void> {
          while (next < crowd.buyers && !killed) {
            const me = next++
            const outcome = await hosted.commit(wishOf(me)).catch(() => undefined)
            if (outcome?.ok) acknowledged.set(me, outcome)
            if (acknowledged.size >= enough) killed ??= hosted.kill()
          }
        }
        await Promise.all(many(crowd.atOnce, buyer))
        await (killed ?? hosted.kill())
      }

      async function expectWhole(ledger: Ledger, acknowledged: ReadonlyMap<number, Extract<Outcome, { ok: true }>>): Promise<void> {
        const log = await wholeLog(ledger)
        expect(log.map(({ position }) => position)).toEqual(many(log.length, (i) => i + 1))
        for (const { position, fact } of acknowledged.values()) expect(log[position - 1]?.fact).toBe(fact)
        const sold = new Map(many(crowd.zones, (i) => [`Event1/${i + 1}`, many(crowd.seats, () => FREE as number)]))
        for (const { fact } of log) {
          const { owner, seats } = JSON.parse(fact) as Fact
          const zone = sold.get(zoneOf(Number(owner.slice(1)))) as number[]
          for (const seat of seats) {
            expect(zone[seat], 'sold once').toBe(FREE)
            zone[seat] = SOLD
          }
        }
        for (const [zone, expected] of sold) expect(await seatsIn(ledger, zone, NOW)).toEqual(Uint8Array.from(expected))
      }

      /** Every retry gets its first answer, and every owner is known by the ledger. */
      async function expectFirstAnswers(ledger: Ledger, acknowledged: ReadonlyMap<number, Extract<Outcome, { ok: true }>>): Promise<void> {
        const buyers = [...acknowledged]
        const retries = await inPacks(buyers.length, (i) => ledger.commit(wishOf((buyers[i] as [number, Outcome])[0])))
        expect(retries.filter((retry, i) => !isReplayOf(retry, buyers[i]?.[1]))).toEqual([])
        const releases = await inPacks(buyers.length, (i) => {
          const [buyer, outcome] = buyers[i] as [number, Extract<Outcome, { ok: true }>]
          return ledger.commit({ ...release(seatsOf(outcome), `b${buyer}`, NOW), zone: zoneOf(buyer) })
        })
        expect(releases.filter(({ ok }) => !ok)).toEqual([])
      }
    })

    describe('limits', () => {
      test('when too many commits wait, more are refused as busy, and nothing was done for them', async () => {
        const { ledger } = await openHouse({ maxWaiting: 20 })
        await ledger.open([{ zone: 'Event1/2', seats: 500, gaps: [] }])
        const answers = await Promise.allSettled(many(500, (i) => ledger.commit({ ...sell([i], `t${i}`), zone: 'Event1/2' })))
        const refused = answers.filter((answer) => answer.status === 'rejected')
        expect(refused.length).toBeGreaterThan(0)
        for (const { reason } of refused) expect(reason).toBeInstanceOf(LedgerBusy)
        const sold = answers.map(({ status }) => (status === 'fulfilled' ? SOLD : FREE))
        expect(await seatsIn(ledger, 'Event1/2', NOW)).toEqual(Uint8Array.from(sold))
        expect(
          await ledger.commit({ ...sell([answers.findIndex(({ status }) => status === 'rejected')], 'late'), zone: 'Event1/2' }),
        ).toMatchObject({
          ok: true,
        })
      })

      test('when the read side is too far behind, sales stop until it has caught up', async () => {
        const { ledger } = await openHouse({ maxBacklog: 3 })
        const sold: Outcome[] = []
        let refused: unknown
        for (let seat = 0; seat < 9 && !refused; seat++)
          await ledger.commit(sell([seat], `t${seat}`)).then(
            (outcome) => void sold.push(outcome),
            (error: unknown) => {
              refused = error
            },
          )
        expect(refused).toBeInstanceOf(LedgerBusy)
        expect(await wholeLog(ledger)).toHaveLength(sold.length)
        await ledger.trim({ shard: shardOf(sold[0] as Outcome), position: sold.length })
        expect(await ledger.commit(sell([8], 'late'))).toMatchObject({ ok: true })
      })
    })

    test('thousands of random histories go as the model says', { timeout: 120_000 }, async () => {
      const place = await newPlace()
      let ledger = await openAt(place)
      let opened = 0
      const run = fc.record({
        histories: fc.array(fc.array(step, { minLength: 1, maxLength: ROUNDS }), { minLength: 60, maxLength: 120 }),
        reopenBefore: fc.option(fc.nat({ max: ROUNDS - 1 }), { freq: 2 }),
      })
      await fc.assert(
        fc.asyncProperty(run, async ({ histories, reopenBefore }) => {
          const tracks = histories.map((steps) => ({ zone: `Model/${++opened}`, steps, model: createModel(SEATS, GAPS) }))
          await ledger.open(tracks.map(({ zone }) => ({ zone, seats: SEATS, gaps: GAPS })))
          const before = (await ledger.ends())[0]?.head ?? 0
          for (let round = 0; round < ROUNDS; round++) {
            if (round === reopenBefore) ledger = await reopened(place, ledger)
            const asked = tracks.flatMap(({ zone, steps, model }) => {
              const step = steps[round]
              if (!step) return []
              const change = changeOf(zone, round, step)
              return [{ change, expected: model.commit(change) }]
            })
            const outcomes = await Promise.all(asked.map(({ change }) => ledger.commit(change)))
            expectSame(
              outcomes.map(comparable),
              asked.map(({ expected }) => expected),
            )
          }
          for (const { zone, model } of tracks)
            for (const at of [0, 7, 13, 30]) expectSame([...(await seatsIn(ledger, zone, at))], model.statesAt(at))
          const entries = Map.groupBy(await wholeLog(ledger, before), ({ fact }) => (JSON.parse(fact) as { zone: string }).zone)
          for (const { zone, model } of tracks)
            expectSame(
              (entries.get(zone) ?? []).map(({ was, fact }) => ({ was, fact })),
              model.log,
            )
        }),
        { numRuns: 24, interruptAfterTimeLimit: 100_000 },
      )
      expect(opened).toBeGreaterThan(1500)
    })
  })
}

// ---------------------------------------------------------------- comparing

/** A matcher walks both; texts are compared thirty times as fast, and there are a hundred thousand of these. */
function expectSame(actual: unknown, expected: unknown): void {
  if (JSON.stringify(actual) !== JSON.stringify(expected)) expect(actual).toEqual(expected)
}

function comparable(outcome: Outcome): object {
  if (outcome.ok) return { ok: true, fact: outcome.fact, replayed: outcome.replayed }
  return outcome.why === 'taken' ? { ok: false, why: 'taken', states: [...outcome.states] } : { ok: false, why: outcome.why }
}

// ---------------------------------------------------------------- words of the tests

type Fact = { owner: string; seats: number[] }

async function* batchesOf(...batches: RestoredEntry[][]): AsyncGenerator<RestoredEntry[]> {
  yield* batches
}

const many = <T>(count: number, make: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i))

/** 500 at a time: below the limits of every adapter. */
async function inPacks<T>(count: number, ask: (i: number) => Promise<T>): Promise<T[]> {
  const answers: T[] = []
  while (answers.length < count) {
    const done = answers.length
    answers.push(...(await Promise.all(many(Math.min(500, count - done), (i) => ask(done + i)))))
  }
  return answers
}

function option(seats: number[], owner: string): Option {
  return { seats, owners: seats.map(() => owner), fact: JSON.stringify({ owner, seats } satisfies Fact) }
}

function sell(seats: number[], owner: string, at = NOW): Change {
  return { zone: ZONE, options: [option(seats, owner)], from: 'free', to: 'sold', at }
}

function hold(seats: number[], owner: string, until: number): Change {
  return { ...sell(seats, owner), to: 'held', until }
}

function confirm(seats: number[], holder: string, ticket: string, from: Change['from'], at: number): Change {
  return { ...sell(seats, ticket, at), from, options: [{ ...option(seats, ticket), mine: seats.map(() => holder) }] }
}

function release(seats: number[], owner: string, at: number): Change {
  return {
    ...sell(seats, owner, at),
    from: 'mine',
    to: 'free',
    options: [{ ...option(seats, owner), owners: [], mine: seats.map(() => owner) }],
  }
}

const LETTERS: Record<string, number> = { '.': FREE, h: HELD, s: SOLD, ' ': NONE }
const states = (letters: string): Uint8Array => Uint8Array.from(letters, (letter) => LETTERS[letter] as number)

async function seatsIn(ledger: Ledger, zone: string, at: number): Promise<Uint8Array> {
  const found = await ledger.seats(zone, at)
  if (!found) throw new Error(`${zone} is not open`)
  return found
}

function isReplayOf(repeat: Outcome, first: Outcome | undefined): boolean {
  return repeat.ok && repeat.replayed && first?.ok === true && repeat.position === first.position && repeat.fact === first.fact
}

const seatsOf = (outcome: Outcome): number[] => (outcome.ok ? (JSON.parse(outcome.fact) as Fact).seats : [])

function shardOf(outcome: Outcome): string {
  if (!outcome.ok) throw new Error(outcome.why)
  return outcome.shard
}

/** Sells every seat of the house, one after the other. Returns the shard. */
async function sellAll(ledger: Ledger): Promise<string> {
  const outcomes: Outcome[] = []
  for (let seat = 0; seat < 9; seat++) outcomes.push(await ledger.commit(sell([seat], `t${seat}`)))
  return shardOf(outcomes[0] as Outcome)
}

type Opened = { shard: string; position: number; was: string; fact: string }

/** Entries of every shard after a position, read as the relay reads them, and opened. */
async function wholeLog(ledger: Ledger, from = 0): Promise<Opened[]> {
  const entries: Opened[] = []
  for (const { shard } of await ledger.ends())
    for (let after = from; ; after = entries.at(-1)?.position ?? after) {
      const next = await ledger.read({ shard, after, limit: 5000 })
      entries.push(...next.map(opened))
      if (next.length === 0) break
    }
  return entries
}

/** The fact is what follows the entry's place in the log, to the letter. */
function opened({ shard, position, body }: LogEntry): Opened {
  const [, was = ''] = /"was":"([.hs]+)",/.exec(body) ?? []
  const empty = seal(shard, position, was, '{')
  expect(body.startsWith(empty)).toBe(true)
  return { shard, position, was, fact: `{${body.slice(empty.length)}` }
}
