import type { EventZone } from '@onsale/contract/events'
import type { Plan as PlanShape } from '@onsale/contract/venues'
import { type PointerEvent, useState } from 'react'
import { levelOf } from '../sale.ts'
import { centreOf, labelSize, outline } from './polygon.ts'

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
        viewBox={`0 0 ${plan.width} ${plan.height}`}
        role="img"
        aria-label={name}
        onClick={press}
        onPointerMove={hover}
        onPointerLeave={() => setHovered(null)}
      >
        <Hatching />
        <path className="field" d={outline(plan.front.shape)} />
        <Label text={plan.front.name} at={centreOf(plan.front.shape)} size={22} className="t-field" />
        {zones.map((zone) => (
          <ZoneShape key={zone.zoneId} zone={zone} isDim={isDim(zone)} />
        ))}
        {on?.plan && <path className="zone-ring" d={outline(on.plan)} />}
      </svg>
      {hovered !== null && on?.plan && <PlanTip tip={tip(on)} at={centreOf(on.plan)} plan={plan} />}
    </div>
  )
}

function ZoneShape({ zone, isDim }: { zone: EventZone; isDim: boolean }) {
  if (!zone.plan) return null
  const level = levelOf(zone.available, zone.available + zone.held + zone.sold)
  return (
    <g className={isDim ? 'dim' : undefined}>
      <path className={`zone ${level}`} data-zone={zone.zoneId} d={outline(zone.plan)} />
      <Label text={zone.name ?? String(zone.zoneId)} at={centreOf(zone.plan)} size={labelSize(zone.plan)} className={`t-${level}`} />
    </g>
  )
}

function Label({ text, at: [x, y], size, className }: { text: string; at: readonly [number, number]; size: number; className: string }) {
  return (
    <text className={className} x={x} y={y} fontSize={size}>
      {text}
    </text>
  )
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
