import type { SoldTicket } from '@onsale/contract/tickets'
import { expect, test } from 'vitest'
import { houseOf, seatAt, seatOfBuyer, seatsOf } from './house.ts'
import type { CrowdWish } from './load/wishes.ts'
import { notAsWished, refusedThoughFree } from './wished.ts'

const house = houseOf(100)
const ticket = (seat: number): SoldTicket => ({ ...seatAt(house, seat), ticketId: String(seat) }) as SoldTicket
const sale = (seat: number, sentMs = 0) => ({ wish: seatAt(house, seat), tickets: [ticket(seat)], sentMs })
const refused = (wish: CrowdWish, answeredMs = 10) => ({ wish, answeredMs })

test('every buyer of a house has a seat of its own', () => {
  const seats = new Set(Array.from({ length: seatsOf(house) }, (_, n) => JSON.stringify(seatOfBuyer(house, n))))
  expect(seats.size).toBe(seatsOf(house))
})

test('what was given is what was wished for', () => {
  expect(notAsWished([sale(1), { wish: { quantity: 2, zoneId: 1 }, tickets: [ticket(2), ticket(3)], sentMs: 0 }])).toEqual([])
  expect(notAsWished([{ wish: seatAt(house, 1), tickets: [ticket(2)], sentMs: 0 }])).toHaveLength(1)
  expect(notAsWished([{ wish: { quantity: 2 }, tickets: [ticket(2)], sentMs: 0 }])).toHaveLength(1)
  expect(notAsWished([{ wish: { quantity: 1, zoneId: 2 }, tickets: [ticket(2)], sentMs: 0 }])).toHaveLength(1)
})

test('a refusal is wrong where the seats are free at the end', () => {
  const allButTwo = Array.from({ length: 98 }, (_, seat) => sale(seat))
  const rightly = [seatAt(house, 5), { quantity: 3 }, { quantity: 3, zoneId: 1 }]
  expect(
    refusedThoughFree(
      house,
      allButTwo,
      rightly.map((wish) => refused(wish)),
    ),
  ).toEqual([])
  const wrongly = [seatAt(house, 98), { quantity: 2 }, { quantity: 1, zoneId: 1 }]
  expect(
    refusedThoughFree(
      house,
      allButTwo,
      wrongly.map((wish) => refused(wish)),
    ),
  ).toHaveLength(3)
})

test('a refusal is wrong where the seats were sold to somebody who asked later', () => {
  const soldOut = Array.from({ length: 100 }, (_, seat) => sale(seat, seat))
  expect(refusedThoughFree(house, soldOut, [refused(seatAt(house, 50), 60), refused({ quantity: 1 }, 99)])).toEqual([])
  expect(refusedThoughFree(house, soldOut, [refused({ quantity: 3 }, 97), refused({ quantity: 2, zoneId: 1 }, 98)])).toEqual([])
  expect(refusedThoughFree(house, soldOut, [refused(seatAt(house, 50), 40), refused({ quantity: 1 }, 98)])).toHaveLength(2)
})
