/** `node web/contrast.ts [--all]`: every pair of colours that meets on a page, in both themes; exits 1 when one is too low. */
import { readFileSync } from 'node:fs'

type Colours = Readonly<Record<string, string>>
type Pair = readonly [front: string, back: string]

const css = readFileSync(new URL('src/tokens.css', import.meta.url), 'utf8')
const tokens = [...css.matchAll(/--([\w-]+):\s*(?:light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)|(#[0-9a-f]{6}));/g)]
const light: Colours = Object.fromEntries(tokens.map(([, name, inLight, , same]) => [name, inLight ?? same]))
const dark: Colours = Object.fromEntries(tokens.map(([, name, , inDark, same]) => [name, inDark ?? same]))

const each = (fronts: readonly string[], backs: readonly string[]): Pair[] =>
  fronts.flatMap((front) => backs.map((back): Pair => [front, back]))
const meanings = ['carbon', 'red', 'amber', 'green']
const stocks = ['buff', 'salmon', 'mint', 'sky', 'lilac', 'grey'].map((name) => `stock-${name}`)

const text: Pair[] = [
  ...each(['ink', 'ink-2', 'ink-3'], ['page', 'surface', 'sunken', 'raised']),
  ...each(meanings, ['page', 'surface', 'raised']),
  ...meanings.flatMap((name): Pair[] => [
    [name, `${name}-tint`],
    ['ink', `${name}-tint`],
  ]),
  ['on-carbon', 'carbon'],
  ['on-carbon', 'carbon-hover'],
  ['on-red', 'red'],
  ['on-green', 'green'],
  ...each(['stock-ink', 'stock-ink-2', 'stock-red'], stocks),
  ...['many', 'some', 'few', 'none'].map((level): Pair => [`on-zone-${level}`, `zone-${level}`]),
  ['seat-mine-mark', 'seat-mine-fill'],
]
const shapes: Pair[] = [
  ...each(['line-strong'], ['surface', 'page']),
  ['seat-free-line', 'surface'],
  ['seat-mine-fill', 'surface'],
  ['seat-held-line', 'seat-held-fill'],
  ['seat-held-line', 'surface'],
  ['seat-lost-line', 'surface'],
  ['carbon', 'page'],
  ['focus', 'page'],
  ['zone-many', 'zone-few'],
]

function luminance(hex: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5]
    .map((at) => Number.parseInt(hex.slice(at, at + 2), 16) / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

function ratio(one: string, other: string): number {
  const [bright = 0, dim = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a)
  return (bright + 0.05) / (dim + 0.05)
}

function tooLow(theme: string, colours: Colours, pairs: readonly Pair[], least: number): number {
  let low = 0
  for (const [front, back] of pairs) {
    const [a, b] = [colours[front], colours[back]]
    if (!a || !b) throw new Error(`tokens.css has no colour ${a ? back : front}`)
    const reached = ratio(a, b)
    if (reached < least) low++
    if (reached < least || process.argv.includes('--all')) {
      console.log(`${reached < least ? 'LOW' : 'ok '} ${theme} ${front} on ${back} ${reached.toFixed(2)} (${least})`)
    }
  }
  return low
}

const themes: [string, Colours][] = [
  ['light', light],
  ['dark', dark],
]
const low = themes.map(([name, colours]) => tooLow(name, colours, text, 4.5) + tooLow(name, colours, shapes, 3)).reduce((a, b) => a + b)
console.log(low ? `${low} pairs too low` : `all ${2 * (text.length + shapes.length)} pairs reach AA`)
process.exitCode = low ? 1 : 0
