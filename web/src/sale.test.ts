import { describe, expect, it } from 'vitest'
import { countdown, levelOf, saleState, serialOf, stockOf } from './sale.ts'

const noon = Date.parse('2027-01-10T12:00:00Z')
const event = { sale: 'instant', saleStartsAt: null, saleEndsAt: null, startsAt: '2027-03-01T20:00:00Z', available: 5, held: 0 } as const

describe('a sale', () => {
  it('is open between its start and its end', () => {
    const sale = { ...event, saleStartsAt: '2027-01-10T12:00:00Z', saleEndsAt: '2027-01-10T13:00:00Z' }
    expect(saleState(sale, noon - 1)).toBe('before')
    expect(saleState(sale, noon)).toBe('open')
    expect(saleState(sale, noon + 3_599_999)).toBe('open')
    expect(saleState(sale, noon + 3_600_000)).toBe('ended')
  })

  it('ends when the event begins, if nothing else is said', () => {
    expect(saleState(event, Date.parse(event.startsAt))).toBe('ended')
  })

  it('knows sold out, and seats that are paid at a checkout', () => {
    expect(saleState({ ...event, available: 0 }, noon)).toBe('sold-out')
    expect(saleState({ ...event, sale: 'checkout' }, noon)).toBe('elsewhere')
    expect(saleState({ ...event, sale: 'checkout', available: 0 }, noon)).toBe('sold-out')
  })

  it('counts down to the second, and never below nought', () => {
    expect(countdown(3 * 86_400_000 + 4 * 3_600_000 + 5 * 60_000 + 6_001)).toEqual({ days: 3, hours: 4, minutes: 5, seconds: 7 })
    expect(countdown(-1)).toEqual({ days: 0, hours: 0, minutes: 0, seconds: 0 })
  })
})

it('tells four levels of what is free', () => {
  expect([51, 50, 11, 10, 1, 0].map((free) => levelOf(free, 100))).toEqual(['many', 'some', 'some', 'few', 'few', 'none'])
})

it('prints an event on the stock of its kind', () => {
  expect(['Sports', 'concert', 'Opera'].map(stockOf)).toEqual(['stock-sky', 'stock-salmon', 'stock-lilac'])
})

it('numbers two tickets of the same millisecond differently', () => {
  expect(serialOf('0193a4b7-7e81-7aaa-8bbb-001122aabbcc')).toBe('1122 AABB CC')
})
