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
