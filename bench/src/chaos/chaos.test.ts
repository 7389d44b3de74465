import { expect, test } from 'vitest'
import { chaos } from './chaos.ts'

test('nothing is lost, doubled or told differently when the server is killed at any moment', { timeout: 600_000 }, async () => {
  const seed = Math.floor(Math.random() * 1_000_000)
  const { differences, kills, seats, replays } = await chaos({ rounds: 5, seed, log: (line) => console.log(line) })
  expect(differences, `npm run chaos -- --rounds 5 --seed ${seed}`).toEqual([])
  expect(kills.serving).toBeGreaterThanOrEqual(5)
  expect(seats).toBeGreaterThan(100)
  expect(replays).toBeGreaterThan(100)
})
