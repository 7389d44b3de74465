/** A table of text; numbers to the right. */
import type { Row } from './result.ts'

export function tableText(rows: readonly Row[]): string {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))]
  const cells = rows.map((row) => names.map((name) => String(row[name] ?? '')))
  const widths = names.map((name, i) => Math.max(name.length, ...cells.map((line) => (line[i] as string).length)))
  const rightward = names.map((name) => rows.some((row) => /^-?[\d.,]+( %)?$/.test(String(row[name] ?? ''))))
  const lineOf = (line: readonly string[]): string =>
    line.map((cell, i) => (rightward[i] ? cell.padStart(widths[i] as number) : cell.padEnd(widths[i] as number))).join('  ')
  return [lineOf(names), lineOf(widths.map((width) => '-'.repeat(width))), ...cells.map(lineOf)].join('\n')
}
