// Row letters and seat numbers. They move with the seats and stick to the left and upper edge when their place leaves the map.
import { EDGE, labelled, rowName, type SeatShape, type View, type Viewport } from './seat-geometry.ts'
import { svgElement } from './svg-pen.ts'

/** Room between labels: letters stand above each other, numbers side by side. */
const ROW_ROOM = 18
const COLUMN_ROOM = 50

type Label = { readonly text: string; readonly x: number; readonly y: number }

export type Axes = { readonly draw: (view: View, viewport: Viewport) => void }

export function createAxes(into: HTMLElement, shape: SeatShape): Axes {
  const picture = svgElement('svg', { class: 'seat-axes' })
  const left = svgElement('rect', { class: 'seat-edge', x: 0, y: 0 })
  const upper = svgElement('rect', { class: 'seat-edge', x: 0, y: 0 })
  picture.append(left, upper)
  into.append(picture)
  const texts: SVGTextElement[] = []
  return {
    draw(view, viewport) {
      const { width, height, gutter, top } = viewport
      setSize(picture, width, height)
      setSize(left, view.x < gutter ? EDGE : 0, height)
      setSize(upper, width, view.y < top ? EDGE - 3 : 0)
      const labels = [...rowLabels(view, viewport, shape), ...columnLabels(view, viewport, shape)]
      showLabels(picture, texts, labels)
    },
  }
}

function setSize(element: SVGElement, width: number, height: number): void {
  element.setAttribute('width', String(width))
  element.setAttribute('height', String(height))
}

function rowLabels({ pitch, x, y }: View, { width, height, gutter, top }: Viewport, shape: SeatShape): Label[] {
  const columns = [Math.max(x - gutter / 2, 12), x + shape.seatsPerRow * pitch + gutter / 2].filter((at) => at < width)
  return labelled(shape.rows, pitch, ROW_ROOM).flatMap((row) => {
    const at = y + (row + 0.5) * pitch
    const hidden = at < Math.min(top, Math.max(0, y)) || at > height + pitch
    return hidden || (y < top && at < EDGE) ? [] : columns.map((x) => ({ text: rowName(row), x, y: at }))
  })
}

function columnLabels({ pitch, x, y }: View, { width, height, gutter, top }: Viewport, shape: SeatShape): Label[] {
  const lines = [Math.max(y - top / 2, 12), y + shape.rows * pitch + top / 2].filter((at) => at < height)
  return labelled(shape.seatsPerRow, pitch, COLUMN_ROOM).flatMap((column) => {
    const at = x + (column + 0.5) * pitch
    const hidden = at < 0 || at > width || (x < gutter && at < EDGE)
    return hidden ? [] : lines.map((y) => ({ text: String(column + 1), x: at, y }))
  })
}

/** Text elements are kept and moved: in each frame of a pan that costs 2.8 ms, making 40 anew 4.8 (CPU time x 4). */
function showLabels(picture: SVGSVGElement, texts: SVGTextElement[], labels: readonly Label[]): void {
  while (texts.length < labels.length) {
    const text = svgElement('text', {})
    texts.push(text)
    picture.append(text)
  }
  for (const [index, text] of texts.entries()) {
    const label = labels[index]
    text.style.display = label ? '' : 'none'
    if (!label) continue
    if (text.textContent !== label.text) text.textContent = label.text
    text.setAttribute('x', String(label.x))
    text.setAttribute('y', String(label.y))
  }
}
