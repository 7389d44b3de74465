/** The audit passes on what the product sold, and names every way in which one row was spoilt. */
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { auditBooks, embeddedBooks, ticketsOf } from './books.ts'
import { houseOf } from './house.ts'
import type { Report } from './load/plan.ts'
import { type Spoiling, spoilings } from './spoil.ts'
import { bodiesOf, onStage } from './stage.ts'

const house = houseOf(100)
let dataDir: string
let report: Report

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'onsale-books-'))
  await onStage([house], async ({ product, load }) => {
    report = await load.run({
      port: product.port,
      connections: 4,
      requests: { kind: 'buyers', count: 60, house, first: 0 },
      pace: { kind: 'closed', seconds: 30 },
      keepSold: true,
    })
    await product.caughtUp(house, 60)
    await product.stop()
    await cp(product.dataDir, dataDir, { recursive: true })
  })
}, 120_000)

afterAll(() => rm(dataDir, { recursive: true, force: true }))

async function auditCopy(answers: readonly string[], spoiling?: Spoiling): Promise<string[]> {
  const copy = await mkdtemp(join(tmpdir(), 'onsale-books-'))
  try {
    await cp(dataDir, copy, { recursive: true })
    return (await auditBooks(embeddedBooks(copy), answers, spoiling && spoilings[spoiling])).differences
  } finally {
    await rm(copy, { recursive: true, force: true })
  }
}

test('what was sold and told is in order', async () => {
  expect(report.statuses).toEqual({ 201: 60 })
  expect(await auditCopy(bodiesOf(report.sold))).toEqual([])
})

test.each<[Spoiling, string[]]>([
  ['delete', ['sale-without-ticket', 'lost']],
  ['move', ['changed', 'sale-without-ticket']],
  ['rename', ['owner', 'lost', 'nobodys']],
  ['price', ['counter', 'changed']],
])('a row that was spoilt is named: %s', async (spoiling, words) => {
  const differences = (await auditCopy(bodiesOf(report.sold), spoiling)).join('\n')
  for (const word of words) expect(differences).toMatch(new RegExp(`^${word}  .*1 `, 'm'))
})

test('an answer that nobody got, and a seat that was answered twice, are named', async () => {
  const [first, ...others] = bodiesOf(report.sold) as [string, ...string[]]
  const [ticket] = ticketsOf(first)
  expect(await auditCopy(others)).toEqual([expect.stringContaining(`nobodys  BenchEvent/1 ${ticket?.row}${ticket?.column}`)])
  const twin = JSON.stringify({ ...ticket, ticketId: 'another' })
  expect(await auditCopy([first, ...others, twin])).toEqual([
    expect.stringMatching(/^two-owners {2}/),
    expect.stringMatching(/^lost {2}.*another/),
  ])
})
