/** Every test of the product. In CI nothing may be left out: `.only` is an error and a skipped test fails the run. */
import { defineConfig } from 'vitest/config'
import type { Reporter, TestModule } from 'vitest/node'

const inCi = process.env.CI === 'true'

/** The last line of a run, which .ci/run passes on: "412 passed, 0 failed". */
const counting: Reporter = {
  onTestRunEnd(modules, errors) {
    const tests = modules.flatMap((module) =>
      [...module.children.allTests()].map((test) => ({
        name: `${module.relativeModuleId} > ${test.fullName}`,
        state: test.result().state,
      })),
    )
    const broken = modules.filter((module) => isBroken(module)).length
    const skipped = tests.filter(({ state }) => state === 'skipped' || state === 'pending')
    const passed = tests.filter(({ state }) => state === 'passed').length
    const failed = tests.filter(({ state }) => state === 'failed').length + broken + errors.length + (inCi ? skipped.length : 0)
    if (inCi) for (const { name } of skipped) console.log(`skipped: ${name}`)
    if (failed > 0) process.exitCode = 1
    // After everything that other reporters have to say.
    process.once('exit', () => process.stdout.write(`${passed} passed, ${failed} failed\n`))
  },
}

/** A file that fails outside its tests: it does not load, or its hooks fail. */
const isBroken = (module: TestModule): boolean => module.state() === 'failed' && module.errors().length > 0

export default defineConfig({
  test: {
    include: ['*.test.ts', '{contract,server,ops,bench,web,scripts,infra}/**/*.test.{ts,tsx}'],
    exclude: ['**/node_modules/**', '**/dist/**'],
    pool: 'forks',
    // On a quiet machine nothing takes a tenth of it; a loaded one is no fault of the product.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // Most tests wait for threads and disks of their own, not for this process.
    maxWorkers: 3,
    allowOnly: !inCi,
    reporters: ['default', counting],
  },
})
