import type { View } from './seat-geometry.ts'

/** Moves what was laid out at `pitch` from the corner of seat 0 to where the view has it. */
export function transformTo(element: HTMLElement | SVGElement, view: View, pitch: number): void {
  const scale = view.pitch / pitch
  element.style.transform = `translate(${view.x}px, ${view.y}px)${scale === 1 ? '' : ` scale(${scale})`}`
}
