import { seal } from '@onsale/contract/entry'
import { expect, test } from 'vitest'
import { labelsOf } from './labels.ts'

test('an entry is labelled with its version, kind and event', () => {
  const body = seal('3', 7, 's', '{"v":1,"kind":"SeatsSold","eventId":"Play","zoneId":2}')
  expect(labelsOf({ body })).toEqual({ v: '1', kind: 'SeatsSold', eventId: 'Play' })
})

test('one that is traced names its trace as the standard does', () => {
  const trace = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
  const body = seal('3', 7, 's', `{"v":1,"kind":"SeatsSold","eventId":"Play","trace":"${trace}"}`)
  expect(labelsOf({ body })).toMatchObject({ traceparent: trace })
})

test.each(['"text"', 'null', '[1]', 'no JSON', ''])('%s has no labels, and is carried all the same', (body) => {
  expect(labelsOf({ body })).toEqual({})
})
