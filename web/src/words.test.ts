import { refusals } from '@onsale/contract/refusals'
import { describe, expect, it } from 'vitest'
import { formatOf, monthDays, monthOf, startOfDay } from './format.ts'
import type { languages } from './languages.ts'
import ar from './locales/ar.json'
import en from './locales/en.json'
import vi from './locales/vi.json'

type Tree = { [key: string]: string | Tree }
const files = { en, vi, ar } satisfies Record<keyof typeof languages, Tree>

/** One key for all its plurals and contexts: each language has its own plurals. */
const plural = /_(zero|one|two|few|many|other)$/
const keysOf = (tree: Tree, path = ''): string[] =>
  Object.entries(tree).flatMap(([key, value]) => (typeof value === 'string' ? [`${path}${key}`] : keysOf(value, `${path}${key}.`)))
const textOf = (tree: Tree): string[] => Object.values(tree).flatMap((value) => (typeof value === 'string' ? [value] : textOf(value)))

describe.each(Object.entries(files))('the words in %s', (language, file: Tree) => {
  it('have one key for every refusal of the contract, and no other', () => {
    const codes = Object.keys(file.refusal ?? {}).map((key) => key.replace(/_.*$/, ''))
    expect(new Set(codes)).toEqual(new Set(Object.keys(refusals)))
  })

  it('have the keys of the English ones', () => {
    const bare = (tree: Tree) => [...new Set(keysOf(tree).map((key) => key.replace(plural, '')))].sort()
    expect(bare(file)).toEqual(bare(en))
  })

  it('have every plural that the language asks for', () => {
    const needed = new Intl.PluralRules(language).resolvedOptions().pluralCategories
    const keys = new Set(keysOf(file))
    const plurals = new Set([...keys].filter((key) => plural.test(key)).map((key) => key.replace(plural, '')))
    expect([...plurals].flatMap((key) => needed.map((category) => `${key}_${category}`)).filter((key) => !keys.has(key))).toEqual([])
  })

  it('never say "error", "invalid", "oops" or "unfortunately", and hold no HTML', () => {
    expect(textOf(file).filter((text) => /\b(error|invalid|oops|unfortunately|sorry)\b|[<>]/i.test(text))).toEqual([])
  })
})

describe('numbers and times', () => {
  const { money, date } = formatOf('en-CA')

  it('write money by the digits of its currency', () => {
    expect(money(14_500, 'CAD')).toBe('$145.00')
    expect(formatOf('vi-VN').money(1_250_000, 'VND').replace(/\s/g, ' ')).toBe('1.250.000 ₫')
  })

  it('tell the time of the venue', () => {
    expect(date('2027-03-14T02:30:00Z', 'America/Vancouver', 'day')).toBe('13')
    expect(monthOf('2027-04-01T05:00:00Z', 'America/Vancouver')).toBe('2027-03')
  })

  it('know when a day of the venue begins, in winter and in summer', () => {
    expect(startOfDay('2027-01-01', 'Europe/Berlin')).toBe('2026-12-31T23:00:00.000Z')
    expect(startOfDay('2027-07-01', 'Europe/Berlin')).toBe('2027-06-30T22:00:00.000Z')
    expect(startOfDay('2027-07-01', 'Asia/Ho_Chi_Minh')).toBe('2027-06-30T17:00:00.000Z')
    expect(monthDays('2027-12')).toEqual({ from: '2027-12-01', to: '2028-01-01' })
  })
})
