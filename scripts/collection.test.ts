import { execFile } from 'node:child_process'
import { resolve } from 'node:path'
import { expect, test } from 'vitest'
import { startServer } from '../server/test/process.ts'
import { collection, runCollection } from './collection.ts'

test('every request of the API collection has assertions, and all hold on a fresh server', async () => {
  const server = await startServer()
  const tested = await runCollection(server.url).finally(() => server.stop())
  expect(tested.filter(({ fault }) => fault !== null)).toEqual([])
  expect(new Set(tested.map(({ request }) => request))).toEqual(new Set(collection.item.map(({ name }) => name)))
})

test('the collection can fail: on a server that has sold already, the second run says so', async () => {
  const server = await startServer()
  await runCollection(server.url)
  const tested = await runCollection(server.url).finally(() => server.stop())
  expect(tested.filter(({ fault }) => fault !== null).map(({ request }) => request)).toContain('Buy a seat')
})

test('a server that does not answer is a sentence, and so is a wrong option of the chaos', async () => {
  const said = (file: string, ...args: string[]): Promise<string> =>
    new Promise((heard) =>
      execFile(process.execPath, [resolve(import.meta.dirname, file), ...args], (error, output, errors) =>
        heard(`${error ? error.code : 0} ${output}${errors}`),
      ),
    )
  expect(await said('collection.ts', 'http://127.0.0.1:1')).toMatch(/^2 http:\/\/127\.0\.0\.1:1 does not answer .*npm start/)
  expect(await said('../bench/src/chaos/main.ts', '--help')).toMatch(/^0 Usage: npm run chaos/)
  expect(await said('../bench/src/chaos/main.ts', '--nope')).toMatch(/^2 Unknown option '--nope'/)
})
