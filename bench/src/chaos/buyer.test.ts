import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { LedgerBusy, LedgerUnsure } from '@onsale/server/ledger/ledger'
import { problemOf } from '@onsale/server/problems'
import { expect, onTestFinished, test } from 'vitest'
import { createStranger, newDiary } from './buyer.ts'

const UNSURE = 'The ledger does not answer, and whether it did what it was asked is not known. Ask again with the same key.'

test('of strangers, who was told nothing to rely on may have bought; who was told that nothing was done has not', async () => {
  const errors = [new LedgerBusy('2000 purchases are waiting already.'), new LedgerUnsure(UNSURE), new Error('unexpected')]
  let asked = 0
  const server = createServer((request, response) => {
    request.resume()
    const { status, headers, body } = problemOf(errors[asked++], 'id')
    response.writeHead(status, { ...headers, 'Content-Length': Buffer.byteLength(body) }).end(body)
  }).listen(0, '127.0.0.1')
  onTestFinished(() => void server.close())
  await new Promise((resolve) => server.once('listening', resolve))
  const diary = newDiary('Play')
  const house = { venueId: 'Hall', eventId: 'Play', zones: 1, rows: 1, seatsPerRow: 50 }
  const ports = [(server.address() as AddressInfo).port]
  const stranger = createStranger({ ports, random: () => 0, diary, rest: () => 0, isPatient: true, house })
  const wanted: number[] = []
  await stranger.shop(() => {
    wanted.push(diary.strangers.unanswered)
    return asked < errors.length
  })
  stranger.close()
  expect(wanted).toEqual([0, 0, 1, 2])
  expect(diary.differences).toEqual([])
})
