/** Time is told to it: nobody waits a minute. */
import { expect, it } from 'vitest'
import { createRepeats } from './repeats.ts'

const away = new Error('connect ECONNREFUSED')

it('a failure of every round is told at first, then once a minute with how many, then that it is over', () => {
  const repeats = createRepeats(() => undefined)
  const told: unknown[] = []
  for (let now = 0; now < 300_000; now += 1000) {
    // For 150 s, four times a second.
    for (let i = 0; i < 4 && now < 150_000; i++) if (repeats.isFirst('relay', away, now)) told.push([now, 'first'])
    told.push(...repeats.due(now).map(({ what, error, times, seconds, isOver }) => [now, what, error, times, seconds, isOver]))
  }
  expect(told).toEqual([
    [0, 'first'],
    [60_000, 'relay', away, 244, 60, false],
    [120_000, 'relay', away, 484, 120, false],
    [164_000, 'relay', away, 600, 149, true],
  ])
})

it('what fails once is told once; what fails again after it was over, or for another reason, is told at once', () => {
  const repeats = createRepeats(() => undefined)
  expect(repeats.isFirst('bus', away, 0)).toBe(true)
  expect(repeats.isFirst('bus', new Error('column "seat" is too short'), 1)).toBe(true)
  expect(repeats.isFirst('relay', away, 2)).toBe(true)
  expect(repeats.due(14_000)).toEqual([])
  expect(repeats.due(16_000)).toEqual([])
  expect(repeats.isFirst('bus', away, 17_000)).toBe(true)
})

it('reasons that never come again are not kept for ever', () => {
  const repeats = createRepeats(() => undefined)
  for (let i = 0; i < 1000; i++) expect(repeats.isFirst('bus', new Error(`entry ${i}`), 0)).toBe(true)
  expect(repeats.isFirst('bus', new Error('entry 999'), 0)).toBe(false)
  expect(repeats.isFirst('bus', new Error('entry 899'), 0)).toBe(true)
})
