import type { Pen } from './seat-shapes.ts'

const SVG = 'http://www.w3.org/2000/svg'

export function svgElement<Name extends keyof SVGElementTagNameMap>(
  name: Name,
  attributes: Record<string, string | number>,
): SVGElementTagNameMap[Name] {
  const element = document.createElementNS(SVG, name)
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value))
  return element
}

const short = (px: number): number => Math.round(px * 100) / 100

/** Collects a path. What follows the first point is the same for all seats of a size, so it is made once. */
export class SvgPen implements Pen {
  path = ''
  #boxKey = ''
  #boxTail = ''

  box = (x: number, y: number, side: number, radius: number): void => {
    const key = `${side} ${radius}`
    if (key !== this.#boxKey) {
      this.#boxKey = key
      this.#boxTail = boxTail(side, radius)
    }
    this.path += `M${x + radius} ${y}${this.#boxTail}`
  }

  disc = (x: number, y: number, side: number): void => {
    const radius = short(side / 2)
    this.path += `M${short(x)} ${short(y + radius)}a${radius} ${radius} 0 1 1 ${2 * radius} 0a${radius} ${radius} 0 1 1 ${-2 * radius} 0z`
  }

  line = (...points: number[]): void => {
    this.path += `M${points.map(short).join(' ')}`
  }
}

function boxTail(side: number, radius: number): string {
  if (radius === 0) return `h${side}v${side}h${-side}z`
  const straight = side - 2 * radius
  return `h${straight}q${radius} 0 ${radius} ${radius}v${straight}q0 ${radius} ${-radius} ${radius}h${-straight}q${-radius} 0 ${-radius} ${-radius}v${-straight}q0 ${-radius} ${radius} ${-radius}z`
}
