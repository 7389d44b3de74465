/** Readers of an embedded database wait for nobody who writes. */

import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { EventDetail } from '@onsale/contract/events'
import { afterAll, expect, it, onTestFinished } from 'vitest'
import { event, HALL } from '../../test/house.ts'
import { openLive } from '../../test/live.ts'
import { startTestPlatform, type TestPlatform } from '../../test/platform.ts'

const onsale: TestPlatform = await startTestPlatform({ house: { venues: [HALL], events: [event('Play')] } })
afterAll(() => onsale.stop())

it('an event and its live stream are answered while somebody else is in the midst of writing', async () => {
  const other = new DatabaseSync(join(onsale.dataDir, 'read.db'))
  other.exec('begin immediate')
  onTestFinished(() => other.close())
  const began = performance.now()
  expect((await onsale.read<EventDetail>('/query/api/v1/events/Play')).available).toBe(336)
  const live = await openLive(onsale.url, 'Play')
  await live.heard('a snapshot', (messages) => messages.length > 0)
  live.close()
  // Whoever waited would have waited for five seconds, and with it the whole process.
  expect(performance.now() - began).toBeLessThan(2500)
})
