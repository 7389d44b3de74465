import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  betweenViews,
  blockIn,
  cellsAround,
  clampView,
  columnOf,
  EDGE,
  fitPitch,
  fitView,
  LARGEST_PITCH,
  labelled,
  rowName,
  rowOf,
  type SeatShape,
  scrollToSeat,
  seatAt,
  seatCentre,
  type View,
  type Viewport,
  viewportOf,
  zoomView,
} from './seat-geometry.ts'

const shapes = fc.record({ rows: fc.integer({ min: 1, max: 300 }), seatsPerRow: fc.integer({ min: 1, max: 400 }) })
const viewports = fc
  .tuple(fc.integer({ min: 280, max: 1400 }), fc.integer({ min: 160, max: 900 }))
  .map(([width, height]) => viewportOf(width, height))
const looseViews = fc.record({
  pitch: fc.double({ min: 0.5, max: 60, noNaN: true }),
  x: fc.double({ min: -9000, max: 9000, noNaN: true }),
  y: fc.double({ min: -9000, max: 9000, noNaN: true }),
})
const scenes = fc.tuple(shapes, viewports, looseViews, fc.nat()).map(([shape, viewport, view, seat]) => ({
  shape,
  viewport,
  view: clampView(view, shape, viewport),
  seat: seat % (shape.rows * shape.seatsPerRow),
}))

const shape: SeatShape = { rows: 26, seatsPerRow: 30 }

describe('the name of a row', () => {
  test.each([
    [0, 'A'],
    [12, 'M'],
    [25, 'Z'],
    [26, 'AA'],
    [51, 'AZ'],
    [52, 'BA'],
    [249, 'IP'],
    [701, 'ZZ'],
    [702, 'AAA'],
  ])('%i is %s', (index, name) => expect(rowName(index)).toBe(name))

  test('reads back in bijective base 26', () => {
    const read = (name: string) => [...name].reduce((sum, letter) => sum * 26 + letter.charCodeAt(0) - 64, 0) - 1
    fc.assert(
      fc.property(fc.nat(1_000_000), (index) => {
        expect(read(rowName(index))).toBe(index)
      }),
    )
  })
})

describe('layout and hit test', () => {
  test('the middle of a seat is that seat', () => {
    fc.assert(
      fc.property(scenes, ({ shape, view, seat }) => {
        expect(seatAt(view, shape, seatCentre(view, shape, seat))).toBe(seat)
      }),
    )
  })

  test('any point of its square is the seat', () => {
    const inside = fc.double({ min: -0.499, max: 0.499, noNaN: true })
    fc.assert(
      fc.property(scenes, inside, inside, ({ shape, view, seat }, dx, dy) => {
        const { x, y } = seatCentre(view, shape, seat)
        expect(seatAt(view, shape, { x: x + dx * view.pitch, y: y + dy * view.pitch })).toBe(seat)
      }),
    )
  })

  test.each([
    ['left of', { x: 9, y: 30 }],
    ['above', { x: 30, y: 9 }],
    ['right of', { x: 10 + 30 * 20 + 1, y: 30 }],
    ['below', { x: 30, y: 10 + 26 * 20 + 1 }],
  ])('%s the zone is no seat', (_, point) => expect(seatAt({ pitch: 20, x: 10, y: 10 }, shape, point)).toBeUndefined())

  test('a block holds exactly the seats that touch the area', () => {
    const view: View = { pitch: 10, x: 5, y: -25 }
    expect(blockIn(view, shape, { x: 0, y: 0, width: 100, height: 50 })).toEqual({ firstRow: 2, lastRow: 7, firstColumn: 0, lastColumn: 9 })
  })
})

describe('the view', () => {
  test('the whole zone lies in the map, with its letters', () => {
    fc.assert(
      fc.property(shapes, viewports, (shape, viewport) => {
        const { pitch, x, y } = fitView(shape, viewport)
        expect(x).toBeGreaterThanOrEqual(viewport.gutter - 0.3)
        expect(y).toBeGreaterThanOrEqual(viewport.top - 0.3)
        expect(x + shape.seatsPerRow * pitch).toBeLessThanOrEqual(viewport.width - viewport.gutter + 0.3)
        expect(y + shape.rows * pitch).toBeLessThanOrEqual(viewport.height - viewport.top + 0.3)
      }),
    )
  })

  test('26 rows of 30 are 24 px a seat in the map of the mock-up', () => expect(fitPitch(shape, viewportOf(784, 676))).toBe(24))

  test('clamped twice is clamped once, between the whole zone and the largest seat', () => {
    fc.assert(
      fc.property(shapes, viewports, looseViews, (shape, viewport, loose) => {
        const view = clampView(loose, shape, viewport)
        expect(view.pitch).toBeGreaterThanOrEqual(fitPitch(shape, viewport))
        expect(view.pitch).toBeLessThanOrEqual(LARGEST_PITCH)
        const again = clampView(view, shape, viewport)
        expect(again.x).toBeCloseTo(view.x, 6)
        expect(again.y).toBeCloseTo(view.y, 6)
      }),
    )
  })

  test('some of the zone is always in view', () => {
    fc.assert(
      fc.property(scenes, ({ shape, viewport, view }) => {
        const { firstRow, lastRow, firstColumn, lastColumn } = blockIn(view, shape, { x: 0, y: 0, ...viewport })
        expect(firstRow).toBeLessThanOrEqual(lastRow)
        expect(firstColumn).toBeLessThanOrEqual(lastColumn)
      }),
    )
  })

  test('zooming keeps the seat under the pointer', () => {
    fc.assert(
      fc.property(scenes, fc.double({ min: 4, max: 48, noNaN: true }), ({ shape, view, seat }, pitch) => {
        const point = seatCentre(view, shape, seat)
        expect(seatAt(zoomView(view, point, pitch), shape, point)).toBe(seat)
      }),
    )
  })

  test('the way between two views begins and ends at them, and keeps still the point they share', () => {
    const from: View = { pitch: 6, x: 20, y: 30 }
    const to = zoomView(from, { x: 200, y: 100 }, 24)
    expect(betweenViews(from, to, 0)).toEqual(from)
    expect(betweenViews(from, to, 1)).toEqual(to)
    const half = betweenViews(from, to, 0.5)
    expect(half.pitch).toBeCloseTo(12)
    expect(seatAt(half, shape, { x: 200, y: 100 })).toBe(seatAt(from, shape, { x: 200, y: 100 }))
  })
})

describe('a seat that gets the focus', () => {
  const near = (view: View): View => ({ ...view, pitch: Math.max(view.pitch, 24) })
  const big = viewports.filter(({ width, height }) => width >= 320 && height >= 240)

  test('is wholly in view, off the letters and the buttons', () => {
    fc.assert(
      fc.property(scenes, big, ({ shape, view, seat }, viewport: Viewport) => {
        const after = scrollToSeat(clampView(near(view), shape, viewport), shape, viewport, seat)
        const { x, y } = seatCentre(after, shape, seat)
        const isWhole = fitPitch(shape, viewport) >= after.pitch
        expect(x - after.pitch / 2).toBeGreaterThanOrEqual((isWhole ? 0 : Math.min(EDGE, viewport.gutter)) - 0.5)
        expect(x + after.pitch / 2).toBeLessThanOrEqual(viewport.width + 0.5)
        expect(y - after.pitch / 2).toBeGreaterThanOrEqual(0)
        expect(y + after.pitch / 2).toBeLessThanOrEqual(viewport.height + 0.5)
      }),
    )
  })

  test('has two rows above and below it where there are any', () => {
    const viewport = viewportOf(390, 416)
    const zone: SeatShape = { rows: 50, seatsPerRow: 60 }
    const start = clampView({ pitch: 30, x: 0, y: 0 }, zone, viewport)
    const after = scrollToSeat(start, zone, viewport, 40 * 60 + 5)
    const { firstRow, lastRow } = blockIn(after, zone, { x: 0, y: 0, width: 390, height: 415.9 })
    expect(firstRow).toBeLessThanOrEqual(38)
    expect(lastRow).toBe(42)
  })

  test('already in the middle moves nothing', () => {
    const viewport = viewportOf(390, 416)
    const view = clampView({ pitch: 30, x: -300, y: -300 }, shape, viewport)
    const seat = seatAt(view, shape, { x: 150, y: 200 }) ?? -1
    expect(scrollToSeat(view, shape, viewport, seat)).toEqual(view)
  })
})

describe('labels', () => {
  test.each([
    [26, 24, 18, 'every row at 24 px', Array.from({ length: 26 }, (_, row) => row)],
    [30, 24, 50, 'every fifth seat at 24 px, and the first', [0, 4, 9, 14, 19, 24, 29]],
    [60, 6, 50, 'every tenth at 6 px', [0, 9, 19, 29, 39, 49, 59]],
    [26, 6, 18, 'every fifth row at 6 px', [0, 4, 9, 14, 19, 24]],
  ])('%i at %f px, %f px apart: %s', (count, pitch, room, _, expected) => expect(labelled(count, pitch, room)).toEqual(expected))

  test('never closer than the room they need', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 400 }), fc.double({ min: 0.5, max: 48, noNaN: true }), (count, pitch) => {
        const chosen = labelled(count, pitch, 50).slice(1)
        for (const [index, at] of chosen.slice(1).entries()) expect((at - (chosen[index] ?? 0)) * pitch).toBeGreaterThanOrEqual(50)
      }),
    )
  })
})

describe('real cells', () => {
  test.each([
    [shape, 12 * 30 + 5, { firstRow: 9, lastRow: 15, firstColumn: 0, lastColumn: 29 }],
    [shape, 0, { firstRow: 0, lastRow: 3, firstColumn: 0, lastColumn: 29 }],
    [shape, 26 * 30 - 1, { firstRow: 22, lastRow: 25, firstColumn: 0, lastColumn: 29 }],
    [{ rows: 50, seatsPerRow: 60 }, 59, { firstRow: 0, lastRow: 3, firstColumn: 0, lastColumn: 59 }],
    [{ rows: 250, seatsPerRow: 400 }, 405, { firstRow: 0, lastRow: 4, firstColumn: 0, lastColumn: 39 }],
    [{ rows: 250, seatsPerRow: 400 }, 100 * 400 + 205, { firstRow: 97, lastRow: 103, firstColumn: 180, lastColumn: 239 }],
  ])('in %o round %i', (zone, seat, block) => expect(cellsAround(zone, seat)).toEqual(block))

  test('are at most 7 rows of 60, hold the seat, and its neighbours', () => {
    fc.assert(
      fc.property(scenes, ({ shape, seat }) => {
        const { firstRow, lastRow, firstColumn, lastColumn } = cellsAround(shape, seat)
        expect(lastRow - firstRow).toBeLessThan(7)
        expect(lastColumn - firstColumn).toBeLessThan(60)
        expect(firstRow).toBeLessThanOrEqual(Math.max(0, rowOf(shape, seat) - 3))
        expect(lastRow).toBeGreaterThanOrEqual(Math.min(shape.rows - 1, rowOf(shape, seat) + 3))
        expect(firstColumn).toBeLessThanOrEqual(Math.max(0, columnOf(shape, seat) - 1))
        expect(lastColumn).toBeGreaterThanOrEqual(Math.min(shape.seatsPerRow - 1, columnOf(shape, seat) + 1))
      }),
    )
  })
})
