/** Servers that tests need and do not start: named by a variable, left out loudly where it is not set, demanded in CI. */
export function serverOf(variable: string): string | undefined {
  const url = process.env[variable]
  if (!url && process.env.CI) throw new Error(`${variable} is not set: in CI every engine is tested.`)
  if (!url) console.log(`${variable} is not set: its engine is not tested.`)
  return url
}
