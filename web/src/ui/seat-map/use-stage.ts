// Ties the drawing to React: makes it once a zone, hands it live changes and picks, and turns taps into picks.
import { type RefObject, useEffect, useLayoutEffect, useRef } from 'react'
import { listenToGestures } from './gestures.ts'
import { isPickable, pickPitch } from './pick-pitch.ts'
import type { SeatMapProps } from './SeatMap.tsx'
import type { SeatFeed } from './seat-feed.ts'
import { fitPitch, NONE, seatAt } from './seat-geometry.ts'
import { placeOf } from './seat-state.ts'
import { createSeatTip } from './seat-tip.ts'
import { Stage } from './stage.ts'
import { createTaps } from './taps.ts'

type Slot = RefObject<HTMLDivElement | null>
export type StageRefs = { readonly host: Slot; readonly layers: Slot; readonly cells: Slot; readonly mini: Slot; readonly tip: Slot }

export type Zoom = { readonly onZoomIn: () => void; readonly onZoomOut: () => void; readonly onWhole: () => void }

const STEP = 1.6
/** Below this a pick cannot be made out among its neighbours, so a map with picks opens at them instead of at the whole zone. */
const LEGIBLE_PITCH = 12

export function useStage(props: SeatMapProps, refs: StageRefs, feed: SeatFeed, pick: (seat: number) => void) {
  const stage = useRef<Stage>(undefined)
  const now = useRef({ props, pick })
  useLayoutEffect(() => {
    now.current = { props, pick }
  })
  const { seats, mine, lost } = props
  const { rows, seatsPerRow, accessible, companion } = props.zone
  // biome-ignore lint/correctness/useExhaustiveDependencies: the refs are stable; what changes without a new zone is read from `now`
  useLayoutEffect(() => openStage(refs, { rows, seatsPerRow }, seats, now, stage), [rows, seatsPerRow, seats])
  useEffect(() => feed.listen((changed) => stage.current?.change(changed)), [feed])
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new stage has no marks yet
  useLayoutEffect(() => stage.current?.mark(mine, lost), [mine, lost, rows, seatsPerRow, seats])
  const first = useRef(true)
  // biome-ignore lint/correctness/useExhaustiveDependencies: they are read while drawing
  useEffect(() => {
    if (!first.current) stage.current?.change(null)
    first.current = false
  }, [accessible, companion])
  return { stage, zoom: zoomOf(stage) }
}

function zoomOf(stage: RefObject<Stage | undefined>): Zoom {
  const by = (factor: number) => {
    const camera = stage.current?.camera
    if (camera) camera.glideToPitch(camera.view.pitch * factor, camera.centre)
  }
  return { onZoomIn: () => by(STEP), onZoomOut: () => by(1 / STEP), onWhole: () => stage.current?.camera.glideToWhole() }
}

type Now = { readonly props: SeatMapProps; readonly pick: (seat: number) => void }

function openStage(
  refs: StageRefs,
  shape: { rows: number; seatsPerRow: number },
  seats: Uint8Array,
  now: RefObject<Now>,
  slot: RefObject<Stage | undefined>,
): (() => void) | undefined {
  const [host, layers, cells, mini, tip] = [refs.host, refs.layers, refs.cells, refs.mini, refs.tip].map((ref) => ref.current)
  if (!host || !layers || !cells || !mini || !tip) return undefined
  const scene = { shape, seats, placeOf: (seat: number) => placeOf(now.current.props.zone, seat) }
  const stage = new Stage({ host, layers, cells, mini }, scene, () => showScale(host, stage))
  const { camera } = stage
  slot.current = stage
  const { mine, lost } = now.current.props
  stage.mark(mine, lost)
  if (mine.size > 0 && fitPitch(shape, camera.viewport) < LEGIBLE_PITCH) camera.centreOn(Math.min(...mine), pickPitch())
  camera.drawNow()
  const taps = createTaps(camera, (point) => {
    const seat = seatAt(camera.view, shape, point)
    if (seat === undefined || seats[seat] === NONE) return 'nothing'
    now.current.pick(seat)
    return 'picked'
  })
  const stopGestures = listenToGestures(host, {
    pan: (dx, dy) => camera.panBy(dx, dy),
    zoom: (factor, point) => camera.zoomBy(factor, point),
    tap: (point, cell) => (cell ? now.current.pick(Number(cell.getAttribute('data-seat'))) : taps(point)),
    hover: createSeatTip(host, tip, camera, () => now.current.props),
    takesWheel: (factor) => factor > 1 || !camera.isWhole,
  })
  return () => {
    stopGestures()
    stage.remove()
    slot.current = undefined
  }
}

/** For the style sheet: the glass where a press zooms, the hand where there is something to drag. */
function showScale(host: HTMLElement, { camera }: Stage): void {
  const scale = !camera.isWhole ? 'part' : isPickable(camera.view.pitch) ? 'roomy' : 'whole'
  const frame = host.parentElement
  if (frame && frame.dataset.scale !== scale) frame.dataset.scale = scale
}
