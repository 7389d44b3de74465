import { describe, expect, it } from 'vitest'
import {
  pagePatterns,
  parseQuery,
  readHomeSearch,
  readShowSearch,
  readTicketSearch,
  showPath,
  ticketPath,
  ticketsOf,
  writeQuery,
} from './paths.ts'

describe('the address', () => {
  it('names the pages as the server knows them', () => {
    expect(pagePatterns).toEqual(['/', '/shows/:eventId', '/tickets/:ticketId', '/about', '/problems/:code'])
  })

  it('keeps what it knows and drops nonsense without a word', () => {
    expect(readHomeSearch({ q: 'cup', type: 'Sports', from: '2027-03-01', to: '2027-04-01', venueId: 'Venue1', color: 'red' })).toEqual({
      q: 'cup',
      type: 'Sports',
      from: '2027-03-01',
      to: '2027-04-01',
      venueId: 'Venue1',
    })
    expect(readHomeSearch({ q: ' ', from: '2027-02-30', to: 'tomorrow', type: 'x'.repeat(61), venueId: 7 })).toEqual({})
    expect(readShowSearch({ zone: '12', view: 'list', n: '4', max: '9000', tier: 'Lower' })).toEqual({
      zone: 12,
      view: 'list',
      n: 4,
      max: 9000,
      tier: 'Lower',
    })
    expect(readShowSearch({ zone: '0', view: 'globe', n: '101', max: '-1', tier: '' })).toEqual({})
    expect(readShowSearch({ zone: '1e3', n: '2.5', max: '99999999999999999' })).toEqual({})
  })

  it('reads and writes plain text', () => {
    expect(readHomeSearch(parseQuery('?q=1984'))).toEqual({ q: '1984' })
    expect(writeQuery({ q: 'rock & roll', zone: undefined, with: 'a,b' })).toBe('?q=rock+%26+roll&with=a,b')
    expect(writeQuery({})).toBe('')
  })

  it('links to an event', () => {
    expect(showPath('Event1', { zone: 3 })).toEqual({ to: '/shows/$eventId', params: { eventId: 'Event1' }, search: { zone: 3 } })
  })
})

describe('the tickets of one purchase', () => {
  const [a, b, c] = ['a', 'b', 'c'].map((letter) => `${letter.repeat(8)}-1111-7111-8111-111111111111`) as [string, string, string]

  it('stay in the same order, whichever is shown', () => {
    for (const shown of [a, b, c]) {
      const { params, search } = ticketPath(shown, [a, b, c])
      expect(ticketsOf(params.ticketId, readTicketSearch(search))).toEqual([a, b, c])
    }
  })

  it('leave the first out of its own link', () => {
    expect(ticketPath(a, [a, b, c]).search).toEqual({ with: `${b},${c}` })
    expect(ticketPath(a).search).toEqual({})
  })

  it('are ids, each once', () => {
    expect(readTicketSearch({ with: `${b},nonsense,${b}` })).toEqual({ with: b })
    expect(readTicketSearch({ with: 'nonsense' })).toEqual({})
    expect(ticketsOf(a, {})).toEqual([a])
  })
})
