import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url))

function bench(...args: string[]): Promise<{ code: number; output: string; said: string }> {
  return new Promise((resolve) =>
    execFile(process.execPath, [MAIN, ...args], (error, output, said) => resolve({ code: error ? Number(error.code) : 0, output, said })),
  )
}

test('a sell-out whose SQL was spoilt before the audit ends with 1 and names the seat', { timeout: 120_000 }, async () => {
  const { code, output } = await bench('sell-out', '--quick', '--seats', '200', '--wishes', '800', '--corrupt')
  expect(output).toMatch(/lost {2}BenchEvent\/1 [A-Z]+\d+ {2}ticket \S+ was answered with 201 and is not in SQL/)
  expect(output).toContain('Audit: FAILED')
  expect(code).toBe(1)
})

test('help is a text, and a wrong option a sentence with it, never a stack', async () => {
  const asked = await bench('echo', '--help')
  expect(asked.code).toBe(0)
  expect(asked.output).toContain('Usage: npm run bench')
  for (const wrong of ['--nope', '--seats=none']) {
    const { code, said } = await bench('echo', wrong)
    expect([code, said]).toEqual([2, expect.stringMatching(/^(Unknown option|--seats is "none")(.|\n)*Usage: npm run bench/)])
    expect(said).not.toMatch(/^\s+at /m)
  }
})

test('an unknown name is told, with what there is', async () => {
  expect(await bench('nothing')).toMatchObject({ code: 2 })
})
