import type { EventZone } from '@onsale/contract/events'
import type { Plan as PlanShape } from '@onsale/contract/venues'
import { type PointerEvent, type RefObject, useLayoutEffect, useRef, useState } from 'react'
import { levelOf } from '../sale.ts'
import { type Corner, centreOf, fittingSize, outline } from './polygon.ts'

/** On the screen, however small the plan is there. */
const leastTextPx = 13

type Tip = { title: string; detail: string }
type Props = {
  plan: PlanShape
  zones: readonly EventZone[]
  /** One sentence for who cannot see it; the list of zones is its equal. */
  name: string
  pointed: number | null
  isDim: (zone: EventZone) => boolean
  tip: (zone: EventZone) => Tip
  open: (zone: EventZone) => void
}

/** The house from above, for the pointer alone. Never mirrored: left is left in every language. */
export function Plan({ plan, zones, name, pointed, isDim, tip, open }: Props) {
  const [hovered, setHovered] = useState<number | null>(null)
  const picture = useRef<SVGSVGElement>(null)
  const least = leastTextPx / useScale(picture, plan.width)
  const on = zones.find((zone) => zone.zoneId === (hovered ?? pointed))
  const zoneAt = (event: { target: EventTarget }) => {
    const id = event.target instanceof SVGElement ? event.target.dataset.zone : undefined
    return zones.find((zone) => String(zone.zoneId) === id)
  }
  const press = (event: { target: EventTarget }) => {
    const zone = zoneAt(event)
    if (zone) open(zone)
  }
  const hover = (event: PointerEvent) => setHovered(event.pointerType === 'mouse' ? (zoneAt(event)?.zoneId ?? null) : null)
  return (
    <div className="plan-box" dir="ltr">
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: the list of zones is the way for the keyboard */}
      <svg
        className="plan"
        ref={picture}
        viewBox={`0 0 ${plan.width} ${plan.height}`}
        role="img"
        aria-label={name}
        onClick={press}
        onPointerMove={hover}
        onPointerLeave={() => setHovered(null)}
      >
        <Hatching />
        <path className="field" d={outline(plan.front.shape)} />
        <Label text={plan.front.name} shape={plan.front.shape} least={least} className="t-field" />
        {zones.map((zone) => (
          <ZoneShape key={zone.zoneId} zone={zone} isDim={isDim(zone)} least={least} />
        ))}
        {on?.plan && <path className="zone-ring" d={outline(on.plan)} />}
      </svg>
      {hovered !== null && on?.plan && <PlanTip tip={tip(on)} at={centreOf(on.plan)} plan={plan} />}
    </div>
  )
}

function ZoneShape({ zone, isDim, least }: { zone: EventZone; isDim: boolean; least: number }) {
  if (!zone.plan) return null
  const level = levelOf(zone.available, zone.available + zone.held + zone.sold)
  return (
    <g className={isDim ? 'dim' : undefined}>
      <path className={`zone ${level}`} data-zone={zone.zoneId} d={outline(zone.plan)} />
      <Label text={zone.name ?? String(zone.zoneId)} shape={zone.plan} least={least} className={`t-${level}`} />
    </g>
  )
}

/** Left out where it has no room: the list of zones has every name. */
function Label({ text, shape, least, className }: { text: string; shape: readonly Corner[]; least: number; className: string }) {
  const size = fittingSize(shape, text.length, least)
  if (size === null) return null
  const [x, y] = centreOf(shape)
  return (
    <text className={className} x={x} y={y} fontSize={size}>
      {text}
    </text>
  )
}

/** Pixels of the screen for one of the plan; 0 before the first picture is laid out, and then no text fits. */
function useScale(picture: RefObject<SVGSVGElement | null>, width: number): number {
  const [scale, setScale] = useState(0)
  useLayoutEffect(() => {
    const measure = () => setScale((picture.current?.getBoundingClientRect().width ?? 0) / width)
    measure()
    const resized = new ResizeObserver(measure)
    if (picture.current) resized.observe(picture.current)
    return () => resized.disconnect()
  }, [picture, width])
  return scale
}

function PlanTip({ tip, at: [x, y], plan }: { tip: Tip; at: readonly [number, number]; plan: PlanShape }) {
  const across = (100 * x) / plan.width
  // Near the right edge it hangs to the left, so that nothing is cut off.
  const shift = across > 75 ? '-90%' : across < 25 ? '-10%' : '-50%'
  return (
    <div className="tip" style={{ left: `${across}%`, top: `${(100 * y) / plan.height}%`, transform: `translate(${shift}, -135%)` }}>
      {tip.title}
      <br />
      <strong>{tip.detail}</strong>
    </div>
  )
}

/** Sold out is told by lines, not by colour alone. */
export function Hatching({ id = 'gone' }: { id?: string }) {
  return (
    <defs>
      <pattern id={id} width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
        <rect className="hatch-ground" width="7" height="7" />
        <path className="hatch" d="M0 0V7" />
      </pattern>
    </defs>
  )
}
