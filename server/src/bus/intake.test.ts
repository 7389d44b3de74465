/** The rules by which a message is blamed, without any bus. Times are short; what is waited for is a fact. */
import { seal, setAside } from '@onsale/contract/entry'
import { expect, test } from 'vitest'
import { until } from '../../test/until.ts'
import { type Carried, createIntake } from './intake.ts'

const item = (body: string): Carried => ({ body, isReplay: false })

function start(deliver: (bodies: string[]) => Promise<void>, bury: (item: Carried, error: Error) => Promise<void> = async () => {}) {
  const seen = { settled: [] as string[], buried: [] as string[], deliveries: 0 }
  const intake = createIntake<Carried>({
    deliver: async (bodies) => {
      seen.deliveries++
      await deliver(bodies)
    },
    settle: async (items) => void seen.settled.push(...items.map(({ body }) => body)),
    bury: async (one, error) => {
      await bury(one, error)
      seen.buried.push(one.body)
    },
    onError: () => {},
    tries: 3,
    retryMs: { first: 1, most: 4 },
  })
  return { intake, seen }
}

const refuse =
  (...poison: string[]) =>
  async (bodies: string[]) => {
    if (bodies.some((body) => poison.includes(body))) throw new Error('refused')
  }

const hundred = Array.from({ length: 100 }, (_, i) => item(String(i)))

test('culprits are found in few deliveries, and buried after three tries alone', async () => {
  const alone: string[] = []
  const { intake, seen } = start(async (bodies) => {
    if (bodies.length === 1) alone.push(bodies[0] as string)
    await refuse('17', '18', '90')(bodies)
  })
  intake.put([item('first')])
  await until('it was taken', () => seen.settled.length === 1)
  intake.put(hundred)
  await until('three are buried', () => seen.buried.length === 3)
  await until('all are settled', () => seen.settled.length === 101)
  for (const culprit of ['17', '18', '90']) expect(alone.filter((body) => body === culprit)).toHaveLength(3)
  expect(seen.buried.sort()).toEqual(['17', '18', '90'])
  expect(seen.deliveries).toBeLessThan(80)
  expect(intake.open.size).toBe(0)
  await intake.stop()
})

test('a message alone is not blamed until another one is taken', async () => {
  const { intake, seen } = start(refuse('bad'))
  intake.put([item('good')])
  await until('it was taken', () => seen.settled.length === 1)
  intake.put([item('bad')])
  await until('it was tried often', () => seen.deliveries > 20)
  expect(seen.buried).toEqual([])
  intake.put([item('another')])
  await until('it is buried', () => seen.buried.length === 1)
  await intake.stop()
})

test('the very first message may be a culprit: it is kept until others have come', async () => {
  const { intake, seen } = start(refuse('bad'))
  intake.put([item('bad')])
  await until('it was tried often', () => seen.deliveries > 5)
  intake.put([item('good'), item('better')])
  await until('the others are settled and it is buried', () => seen.settled.length === 3)
  expect(seen.buried).toEqual(['bad'])
  await intake.stop()
})

test('a suspect is not blamed for what happens while the database is away', async () => {
  const good = new Set<string>()
  let isAway = false
  const { intake, seen } = start(async (bodies) => {
    if (isAway) throw new Error('away')
    await refuse('bad')(bodies)
    for (const body of bodies) good.add(body)
    isAway = good.size === 100
  })
  intake.put([...hundred, item('bad')])
  await until('it was tried often', () => isAway && seen.deliveries > 60)
  expect(seen.buried).toEqual([])
  good.clear()
  isAway = false
  await until('it is buried', () => seen.buried.length === 1)
  await intake.stop()
})

test('what cannot be buried now is buried later, and is not settled before', async () => {
  let isAway = true
  let refused = 0
  const { intake, seen } = start(refuse('7'), async () => {
    if (!isAway) return
    refused++
    throw new Error('the broker is away')
  })
  intake.put(hundred)
  await until('burying failed twice', () => refused > 1)
  expect([...intake.open].map(({ body }) => body)).toEqual(['7'])
  isAway = false
  await until('it is buried', () => seen.settled.includes('7'))
  await intake.stop()
})

test('whoever puts too much is told so, and let go when there is room or the subscriber leaves', async () => {
  const taking = Promise.withResolvers<void>()
  const { intake } = start(() => taking.promise)
  const thousand = Array.from({ length: 1000 }, (_, i) => item(String(i)))
  let puts = 1
  while (intake.put(thousand)) puts++
  expect(puts).toBeGreaterThanOrEqual(4)
  const hasRoom = intake.room()
  taking.resolve()
  await hasRoom
  await intake.stop()
  await intake.room()
})

test('an entry that is buried leaves a stand-in for its place in the log, and what has none leaves nothing', async () => {
  const culprit = seal('3', 7, 's', '{"v":1,"kind":"SeatsSold"}')
  const standIn = setAside(culprit, 'refused') as string
  const delivered: string[] = []
  const { intake, seen } = start(async (bodies) => {
    await refuse(culprit, '17')(bodies)
    delivered.push(...bodies)
  })
  intake.put([...hundred, item(culprit)])
  await until('two are buried', () => seen.buried.length === 2)
  await until('all are settled', () => seen.settled.length === 101)
  expect(delivered.filter((body) => body.startsWith('{'))).toEqual([standIn])
  expect(JSON.parse(standIn)).toEqual({ shard: '3', position: 7, v: 1, kind: 'SetAside', error: 'refused', entry: culprit })
  await intake.stop()
})

test('an entry whose stand-in cannot be stored now is buried once, and settled when that is stored', async () => {
  const culprit = seal('3', 7, 's', '{"v":1,"kind":"SeatsSold"}')
  let failures = 2
  const { intake, seen } = start(async (bodies) => {
    await refuse(culprit)(bodies)
    if (bodies[0]?.includes('SetAside') && failures-- > 0) throw new Error('away')
  })
  intake.put([...hundred, item(culprit)])
  await until('all are settled', () => seen.settled.length === 101)
  expect(seen.buried).toEqual([culprit])
  expect(failures).toBe(-1)
  await intake.stop()
})
