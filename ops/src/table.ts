/** Rows as a person reads them: a column a name, numbers to the right, long cells cut. */
const LONGEST_CELL = 60

export type Row = Readonly<Record<string, string | number | boolean | null>>

export function tableText(rows: readonly Row[]): string {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))]
  const cells = rows.map((row) => names.map((name) => cellText(row[name])))
  const widths = names.map((name, i) => Math.max(name.length, ...cells.map((line) => (line[i] as string).length)))
  const isNumeric = names.map((name) => rows.every((row) => row[name] === null || typeof row[name] === 'number'))
  const lineOf = (line: readonly string[]): string =>
    line
      .map((cell, i) => (isNumeric[i] ? cell.padStart(widths[i] as number) : cell.padEnd(widths[i] as number)))
      .join('  ')
      .trimEnd()
  return [lineOf(names), lineOf(widths.map((width) => '-'.repeat(width))), ...cells.map(lineOf)].join('\n')
}

function cellText(value: Row[string] | undefined): string {
  const text = String(value ?? '').replaceAll(/\s+/g, ' ')
  return text.length > LONGEST_CELL ? `${text.slice(0, LONGEST_CELL - 1)}…` : text
}

/** What every command does with its facts: JSON for programs, or the text that is made for a person. */
export function print(isJson: boolean | undefined, facts: unknown, text: () => string): void {
  console.log(isJson ? JSON.stringify(facts) : text())
}
