import { describe, expect, test } from 'vitest'
import { summarizeRow } from './seat-runs.ts'

/** 'x' is mine and held in the string of the server, 'l' was just lost and still says free. */
function summarize(row: string, run = 1) {
  const codes = row.replaceAll('x', 'h').replaceAll('l', '.')
  return summarizeRow(
    codes,
    (column) => row[column] === 'x',
    (column) => row[column] === 'l',
    run,
  )
}

describe('a row', () => {
  test.each([
    ['', { free: 0, longest: 0, mine: 0, seats: [] }],
    ['ssss', { free: 0, longest: 0, mine: 0, seats: [] }],
    ['..s...', { free: 5, longest: 3, mine: 0, seats: [0, 1, 3, 4, 5] }],
    ['.h.', { free: 2, longest: 1, mine: 0, seats: [0, 2] }],
    ['. .', { free: 2, longest: 1, mine: 0, seats: [0, 2] }],
    ['.xx.', { free: 4, longest: 4, mine: 2, seats: [0, 1, 2, 3] }],
    ['.l.', { free: 2, longest: 1, mine: 0, seats: [0, 2] }],
  ])('"%s"', (row, summary) => expect(summarize(row)).toEqual(summary))

  test('lists the seats in runs long enough, and mine', () => {
    expect(summarize('..s...sxs.', 3).seats).toEqual([3, 4, 5, 7])
  })
})
